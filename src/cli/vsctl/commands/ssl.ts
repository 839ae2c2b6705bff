import type { CtlCommand } from "../../db-ctl/command.js";
import type { CtlContext } from "../../db-ctl/context.js";
import type { Needs } from "../../db-ctl/needs.js";
import { modelOf, text } from "../model.js";
import { bridgeCommand } from "../needs.js";

function needSsl(_call: unknown, needs: Needs): void {
  needs.add("Open_vSwitch", "ssl");
  needs.add("SSL", "private_key", "certificate", "ca_cert", "bootstrap_ca_cert");
}

const getSsl = bridgeCommand({
  name: "get-ssl",
  needs: needSsl,
  run(context) {
    const [ssl] = context.txn.referenced(modelOf(context).root, "ssl", "SSL");
    if (ssl === undefined) {
      context.output.setData(null);
      return;
    }
    const bootstrap = ssl.one("bootstrap_ca_cert") === true;
    context.print(`Private key: ${ssl.text("private_key")}`);
    context.print(`Certificate: ${ssl.text("certificate")}`);
    context.print(`CA Certificate: ${ssl.text("ca_cert")}`);
    context.print(`Bootstrap: ${bootstrap}`);
    context.output.setData({
      private_key: ssl.text("private_key"),
      certificate: ssl.text("certificate"),
      ca_cert: ssl.text("ca_cert"),
      bootstrap_ca_cert: bootstrap,
    });
  },
});

function removeSsl(context: CtlContext): void {
  const { root } = modelOf(context);
  root.verify("ssl");
  for (const ssl of context.txn.referenced(root, "ssl", "SSL")) context.txn.delete(ssl);
  root.set("ssl", { keys: [], values: undefined });
}

const delSsl = bridgeCommand({
  name: "del-ssl",
  changes: true,
  needs: needSsl,
  run: removeSsl,
});

const setSsl = bridgeCommand({
  name: "set-ssl",
  changes: true,
  arguments: "!PRIVATE-KEY !CERTIFICATE !CA-CERT",
  options: ["bootstrap"],
  needs: needSsl,
  run(context) {
    removeSsl(context);
    const [privateKey = "", certificate = "", ca = ""] = context.args;
    const ssl = context.txn.insert("SSL");
    ssl.set("private_key", text(privateKey));
    ssl.set("certificate", text(certificate));
    ssl.set("ca_cert", text(ca));
    ssl.set("bootstrap_ca_cert", { keys: [context.has("bootstrap")], values: undefined });
    context.txn.setReferences(modelOf(context).root, "ssl", [ssl]);
  },
});

export const sslCommands: readonly CtlCommand[] = [getSsl, delSsl, setSsl];

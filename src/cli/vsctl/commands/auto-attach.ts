import { keep, pairsOf } from "#ovsdb/datum.js";
import { UserError } from "#util/errors.js";
import type { CtlCommand } from "../../db-ctl/command.js";
import type { CtlContext } from "../../db-ctl/context.js";
import type { Needs } from "../../db-ctl/needs.js";
import { type Bridge, modelOf } from "../model.js";
import { bridgeCommand } from "../needs.js";

function needMappings(_call: unknown, needs: Needs): void {
  needs.add("Bridge", "auto_attach");
  needs.add("AutoAttach", "mappings");
}

function number(word: string): number {
  if (!/^\s*[+-]?\d+$/.test(word)) throw new UserError(`Invalid argument ${word}`);
  return Number(word);
}

const attachmentOf = (context: CtlContext, bridge: Bridge) =>
  context.txn.referenced(bridge.row, "auto_attach", "AutoAttach")[0];

const addMapping = bridgeCommand({
  name: "add-aa-mapping",
  changes: true,
  arguments: "!BRIDGE !ARG !ARG",
  needs: needMappings,
  run(context) {
    const isid = number(context.arg(1));
    const vlan = number(context.arg(2));
    const bridge = modelOf(context).bridge(context.arg(0));
    let attachment = attachmentOf(context, bridge);
    if (attachment === undefined) {
      attachment = context.txn.insert("AutoAttach");
      bridge.row.verify("auto_attach");
      context.txn.setReferences(bridge.row, "auto_attach", [attachment]);
    }
    attachment.add("mappings", { keys: [isid], values: [vlan] });
  },
});

const delMapping = bridgeCommand({
  name: "del-aa-mapping",
  changes: true,
  arguments: "!BRIDGE !ARG !ARG",
  needs: needMappings,
  run(context) {
    const isid = number(context.arg(1));
    const vlan = number(context.arg(2));
    const attachment = attachmentOf(context, modelOf(context).bridge(context.arg(0)));
    if (attachment === undefined) return;
    attachment.verify("mappings");
    const mappings = attachment.get("mappings");
    attachment.set(
      "mappings",
      keep(mappings, (key, i) => key !== isid || mappings.values?.[i] !== vlan),
    );
  },
});

const getMapping = bridgeCommand({
  name: "get-aa-mapping",
  arguments: "!BRIDGE",
  needs: needMappings,
  run(context) {
    const attachment = attachmentOf(context, modelOf(context).bridge(context.arg(0)));
    const mappings = attachment === undefined ? [] : pairsOf(attachment.get("mappings"));
    for (const [isid, vlan] of mappings) context.print(`${isid} ${vlan}`);
    context.output.setData(mappings.map(([isid, vlan]) => ({ isid, vlan })));
  },
});

export const autoAttachCommands: readonly CtlCommand[] = [addMapping, delMapping, getMapping];

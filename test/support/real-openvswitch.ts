import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Json } from "#util/json.js";
import { type Need, program } from "./needs.js";
import { startReal, type TestServer } from "./ovsdb-servers.js";
import type { Outcome } from "./vsctl-run.js";

export const realVsctl = "/usr/bin/ovs-vsctl";
const schema = "/usr/share/openvswitch/vswitch.ovsschema";

export const needsRealVsctl: Need = program(realVsctl, "openvswitch-common");
export const needsRealServer: Need = program("/usr/sbin/ovsdb-server", "openvswitch-switch");

/** A real `ovsdb-server` with an empty database of its own release's schema. */
export function startRealSwitchDatabase(): Promise<TestServer> {
  return startReal(JSON.parse(readFileSync(schema, "utf8")) as Json);
}

/** Runs an installed program and gives what it printed; a signal's name stands for the status where one ended it. */
export function runReal(file: string, argv: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, LC_ALL: "C.UTF-8" }, timeout: 5000 };
    execFile(file, [...argv], options, (error, stdout, stderr) => {
      const status = error === null ? 0 : (error.signal ?? Number(error.code ?? 1));
      resolve({ status, stdout, stderr });
    });
  });
}

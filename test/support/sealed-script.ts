import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Ran } from "./switch-stack.js";

const root = join(import.meta.dirname, "../..");
const bin = join(root, "bin");

/** A database and our switch, as a service would have them; `/tmp` is empty and nobody else's. */
const prelude = `
set -e
# The checkout may lie there.
mount --bind '${root}' /mnt
mount -t tmpfs none /tmp
case '${root}' in /tmp/*) mkdir -p '${root}'; mount --move /mnt '${root}' ;; *) umount /mnt ;; esac
mkdir /tmp/ovs
export OVS_RUNDIR=/tmp/ovs OVS_LOGDIR=/tmp/ovs OVS_DBDIR=/tmp/ovs PATH=${bin}:$PATH
ip link set lo up
ovsdb-tool create /tmp/ovs/conf.db
life="--pidfile --detach --no-chdir --log-file -vconsole:off"
ovsdb-server --remote=punix:/tmp/ovs/db.sock $life /tmp/ovs/conf.db
ovs-vsctl --no-wait init
ovs-vswitchd $life
set +e
`;

/**
 * Runs a shell script beside a database and a switch of ours, all in namespaces of their own (network, processes, mounts): what it kills, deletes
 * or leaves behind is nobody else's. Needs root and a build. Given up after `seconds`.
 */
export function runSealed(script: string, seconds = 60): Promise<Ran> {
  const spaces = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const { OVS_PKGDATADIR: _, NODE_EXTRA_CA_CERTS: __, ...env } = process.env;
  const child = spawn("unshare", [...spaces, "sh", "-c", `${prelude}${script}`], {
    env: { ...env, LC_ALL: "C.UTF-8" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: seconds * 1000,
    killSignal: "SIGKILL",
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ status: code ?? signal ?? "?", stdout, stderr }));
  });
}

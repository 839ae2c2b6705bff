import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type TestNamespace, testNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { shellWords } from "../support/shell-words.js";

const realCtl = "/usr/share/openvswitch/scripts/ovs-ctl";
const bin = join(import.meta.dirname, "../../bin");

/** An installation with places of its own, in a network namespace of its own. */
class Installation {
  readonly directory: string = mkdtempSync(join(tmpdir(), "weft-ctl-"));
  readonly namespace: TestNamespace = testNamespace();
  readonly #ctl: string;
  readonly #path: string;

  constructor(ctl: string, path: string) {
    this.#ctl = ctl;
    this.#path = path;
    mkdirSync(join(this.directory, "openvswitch"));
  }

  /** Exit status and output of a line: of `ovs-ctl`, unless it names another program. */
  run(line: string): string {
    const [first, ...rest] = shellWords(line);
    const words = first?.startsWith("ovs") ? [first, ...rest] : [this.#ctl, ...shellWords(line)];
    const d = this.directory;
    const places = [`OVS_RUNDIR=${d}`, `OVS_LOGDIR=${d}`, `OVS_DBDIR=${d}`, `OVS_SYSCONFDIR=${d}`];
    const path = `PATH=${this.#path}:/usr/sbin:/usr/bin:/sbin:/bin`;
    const { status, stdout, stderr } = this.namespace.run("env", path, "LC_ALL=C.UTF-8", ...places, ...words);
    return `${line}\n${tidy(`${stdout}${stderr}`, d)}(${status})`;
  }

  close(): void {
    this.run("stop");
    this.namespace.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What differs by nature: names of places, pids, and that we have no kernel module and no core files. */
function tidy(text: string, directory: string): string {
  const lines = text.replaceAll(directory, "<dir>").replaceAll(realCtl, "ovs-ctl").split("\n");
  const kept = lines.filter((line) => !/modprobe|ulimit|^flow|^NXST|^OFPST/.test(line));
  return (
    kept
      .join("\n")
      // A daemon that takes its time is killed, which is told.
      .replace(/^ *Killing .*\n/gm, "")
      .replace(/\((\d+)\)/g, "(<pid>)")
      .replace(/pid \d+/g, "pid <pid>")
      .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uuid>")
  );
}

const dummies = "--system-id=random --ovs-vswitchd-options=--enable-dummy=override --no-monitor";

const lines = [
  "status",
  "stop",
  "bogus",
  "",
  "start x",
  "start --no-monitor",
  "stop",
  `${dummies} start`,
  `${dummies} start`,
  "status",
  "ovs-vsctl --columns=external_ids,system_type,system_version list open",
  "ovs-vsctl add-br br0 -- set br br0 datapath_type=dummy -- add-port br0 p1 -- set int p1 type=dummy -- add-port br0 t1 -- set int t1 type=dummy -- set port t1 other_config:transient=true",
  "ovs-ofctl add-flow br0 table=3,ip,actions=output:1",
  "ovs-ofctl add-group br0 -O OpenFlow13 group_id=4,type=all,bucket=actions=output:1",
  `${dummies} restart`,
  "ovs-ofctl --no-stats dump-flows br0",
  "ovs-ofctl -O OpenFlow13 dump-groups br0",
  "ovs-vsctl get open . other_config",
  `${dummies} --no-ovsdb-server restart`,
  "ovs-ofctl --no-stats dump-flows br0",
  "delete-transient-ports",
  "ovs-vsctl list-ports br0",
  "--no-ovs-vswitchd stop",
  "status",
  "--no-ovs-vswitchd status",
  "--system-id=me --external-id=a=b --system-type=t --system-version=v --delete-bridges start",
  "ovs-vsctl --columns=external_ids,system_type,system_version list open",
  "ovs-vsctl --no-wait list-br",
  "stop",
  "stop",
] as const;

describeWith([root, program(realCtl, "openvswitch-switch")], "ovs-ctl, beside the installed one", () => {
  let ours: Installation;
  let real: Installation;

  beforeAll(() => {
    ours = new Installation(join(bin, "ovs-ctl"), bin);
    real = new Installation(realCtl, "/usr/bin");
  });
  afterAll(() => {
    ours?.close();
    real?.close();
  });

  it("says and does the same", () => {
    for (const line of lines) expect(ours.run(line)).toBe(real.run(line));
  });
});

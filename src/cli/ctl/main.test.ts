import { describe, expect, it } from "vitest";
import { createFakeHost } from "#host/fake/host.js";
import type { ProgramResult } from "#host/programs.js";
import { ovsCtl } from "./main.js";

/** A host on which daemons start and end by what is run there, and what was run, in order. */
class Machine {
  readonly host = createFakeHost({ PATH: "/usr/bin" });
  readonly ran: string[] = [];
  output = "";
  errors = "";
  #pids = 100;
  #folders = 0;

  /** Runs `ovs-ctl`; gives its exit status. */
  ctl(line: string): Promise<number> {
    this.ran.length = 0;
    this.output = "";
    this.errors = "";
    const refuse = (): never => {
      throw new Error("daemons detach");
    };
    return ovsCtl(line.split(" "), {
      host: this.host,
      programs: { start: refuse, run: (file, args) => Promise.resolve(this.#run(file, args)) },
      programFile: (name) => `/weft/bin/${name}`,
      print: (text) => {
        this.output += text;
      },
      error: (text) => {
        this.errors += text;
      },
      temporaryFolder: (kind) => {
        const path = `/tmp/${kind}.${++this.#folders}`;
        this.host.files.makeDirectory(path);
        return path;
      },
    });
  }

  #run(file: string, args: readonly string[]): ProgramResult {
    const line = [file.replace(/^.*\//, ""), ...args].join(" ").trim();
    this.ran.push(line);
    const stdout = this.#answer(line);
    return { status: 0, stdout, stderr: "" };
  }

  #answer(line: string): string {
    const { files } = this.host;
    const started = /^sh -c cd .* (?:\/weft\/bin\/)(ovs-vswitchd|ovsdb-server) /.exec(line)?.[1];
    if (started !== undefined) {
      const pid = ++this.#pids;
      files.write(`/var/run/openvswitch/${started}.pid`, `${pid}\n`);
      files.lockElsewhere(`/var/run/openvswitch/${started}.pid`, pid);
      return "";
    }
    const ended = /^ovs-appctl .*\/(ovs-vswitchd|ovsdb-server)\.(\d+)\.ctl exit$/.exec(line);
    if (ended) files.remove(`/var/run/openvswitch/${ended[1]}.pid`);
    if (line.startsWith("ovsdb-tool create")) files.write("/etc/openvswitch/conf.db", "");
    if (line.endsWith("list-br")) return "br0\n";
    if (line.endsWith("protocols")) return '["OpenFlow13"]\n';
    if (line.includes("dump-flows")) return "OFPST_FLOW reply (OF1.3) (xid=0x2):\n priority=1 actions=drop\n";
    return line.endsWith("needs-conversion /etc/openvswitch/conf.db") ? "no\n" : "";
  }
}

describe("ovs-ctl", () => {
  it.each([
    ["bogus", 'ovs-ctl: unknown command "bogus" (use --help for help)\n'],
    ["--bogus status", 'ovs-ctl: unknown option "--bogus" (use --help for help)\n'],
    ["start x", "ovs-ctl: exactly one non-option argument required (use --help for help)\n"],
    ["--no-monitor", "ovs-ctl: missing command name (use --help for help)\n"],
    ["--ovsdb-server-wrapper=strace start", "ovs-ctl: --ovsdb-server-wrapper: daemons of Weft run under no wrapper\n"],
    [
      "--protocol=tcp enable-protocol",
      "ovs-ctl: enable-protocol: Weft does not change the host's packet filter; have iptables or nftables accept the protocol\n",
    ],
    ["start-ovs-ipsec", "ovs-ctl: start-ovs-ipsec: Weft has no IPsec daemon\n"],
    ["--no-ovs-vswitchd force-reload-kmod", "ovs-ctl: force-reload-kmod and --no-ovs-vswitchd do not go together\n"],
  ])("refuses %j", async (line, complaint) => {
    const machine = new Machine();
    expect([await machine.ctl(line), machine.errors, machine.ran]).toEqual([1, complaint, []]);
  });

  it("starts what does not run yet, with a random identity that it keeps", async () => {
    const machine = new Machine();
    expect(await machine.ctl("status")).toBe(1);
    expect(await machine.ctl("--system-id=random --ovs-user=ovs:ovs --ovs-vswitchd-priority=5 start")).toBe(0);
    const id = machine.host.files.readText("/etc/openvswitch/system-id.conf").trim();
    const setting = machine.ran.find((line) => line.includes("system-id="));
    expect(setting).toContain(`external-ids:system-id="${id}"`);
    const daemon = machine.ran.find((line) => line.includes("bin/ovs-vswitchd"));
    expect(daemon).toBe(
      "sh -c cd / && exec nice -n 5 /weft/bin/ovs-vswitchd unix:/var/run/openvswitch/db.sock --mlockall -vconsole:emer -vsyslog:err " +
        "-vfile:info --no-chdir --log-file=/var/log/openvswitch/ovs-vswitchd.log --pidfile=/var/run/openvswitch/ovs-vswitchd.pid " +
        "--detach --monitor --user ovs:ovs",
    );
    expect(await machine.ctl("status")).toBe(0);
    expect(await machine.ctl("--system-id=random start")).toBe(0);
    expect(machine.output).toBe(
      "ovsdb-server is already running.\novs-vswitchd is already running.\nEnabling remote OVSDB managers.\n",
    );
    expect(machine.host.files.readText("/etc/openvswitch/system-id.conf").trim()).toBe(id);
  });

  it("restarts with flows put back while the new switch waits for them", async () => {
    const machine = new Machine();
    await machine.ctl("--system-id=a start");
    expect(await machine.ctl("--system-id=a restart")).toBe(0);
    const steps = [
      /dump-flows/,
      /ovsdb-server\.\d+\.ctl exit$/,
      /exec nice .*ovsdb-server /,
      /set Open_vSwitch \. other_config:flow-restore-wait=true$/,
      /ovs-vswitchd\.\d+\.ctl exit$/,
      /exec nice .*ovs-vswitchd /,
      /^sh -c ovs-ofctl -O OpenFlow13 replace-flows br0 \/tmp\/ovs-save\.1\/br0\.flows\.dump\nrm -rf/,
      /remove Open_vSwitch \. other_config flow-restore-wait$/,
      /add-remote/,
    ];
    const places = steps.map((step) => machine.ran.findIndex((line) => step.test(line)));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(machine.host.files.readText("/tmp/ovs-save.1/br0.flows.dump")).toBe(" priority=1 actions=drop\n");
    expect(machine.output).toMatch(
      /^Saving flows\.\n(.*\n)*Restoring saved flows\.\nEnabling remote OVSDB managers\.\n$/,
    );
  });

  it("takes a pidfile for a leftover that nobody locks", async () => {
    const machine = new Machine();
    machine.host.files.write("/var/run/openvswitch/ovs-vswitchd.pid", "77\n");
    await machine.ctl("--no-ovsdb-server status");
    expect(machine.output).toContain("ovs-vswitchd is not running\n");
  });

  it("leaves a daemon alone that is not meant", async () => {
    const machine = new Machine();
    await machine.ctl("--system-id=a start");
    expect(await machine.ctl("--no-ovsdb-server stop")).toBe(0);
    expect(machine.output).toBe("Exiting ovs-vswitchd (102).\n");
    expect(await machine.ctl("--no-ovsdb-server --system-id=a restart")).toBe(0);
    expect(machine.ran.some((line) => line.includes("dump-flows"))).toBe(false);
    expect(machine.output).toMatch(/^ovs-vswitchd is not running\.\nStarting ovs-vswitchd\.\n/);
  });
});

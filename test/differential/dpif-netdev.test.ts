import { availableParallelism } from "node:os";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { describeWith, type Need, root } from "../support/needs.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";

const twoCores: Need = { name: "two cores", met: availableParallelism() >= 2 };

const flow = "in_port(1),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02),eth_type(0x1234)";

/** What commands print that is neither measured nor about times. */
function comparable(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/cycles|overhead|^Time|duration|it\)|iterations|Sleep/.test(line))
    .map((line) =>
      line
        .replace(/pmd usage: .*/, "")
        .replace(/used:\S+,/, "")
        .replace(/packets:\d+, bytes:\d+/, ""),
    )
    .join("\n");
}

/** Settings, and the commands whose answers are compared after each. */
const settings: readonly string[] = [
  "set Open_vSwitch . other_config:pmd-cpu-mask=0x3",
  "set Interface p1 other_config:pmd-rxq-affinity=0:1,1:0",
  "set Interface p1 other_config:pmd-rxq-affinity=0:1",
  "clear Interface p1 other_config",
  "set Open_vSwitch . other_config:pmd-rxq-assign=roundrobin",
  "set Open_vSwitch . other_config:pmd-rxq-assign=group",
  "set Interface p1 options:n_rxq=2",
  "set Open_vSwitch . other_config:pmd-cpu-mask=0x2",
  "set Open_vSwitch . other_config:pmd-cpu-mask=0x1",
];

const commands: readonly string[] = [
  "dpif-netdev/pmd-rxq-show",
  "dpif-netdev/pmd-rxq-show -pmd 0",
  "dpif-netdev/pmd-rxq-show -pmd 7",
  "dpif-netdev/pmd-rxq-show -secs 12 ovs-dummy",
  "dpif-netdev/miniflow-parser-get",
  "dpif-netdev/dpif-impl-get",
  "dpctl/show",
  "dpif/show",
];

/** Commands that need no threads, or set what nothing depends on. */
const others: readonly string[] = [
  "dpif-netdev/pmd-rxq-rebalance",
  "dpif-netdev/pmd-rxq-rebalance nope",
  "dpif-netdev/bond-show",
  "dpif-netdev/bond-show nope",
  "dpif-netdev/pmd-perf-log-set",
  "dpif-netdev/pmd-perf-log-set on -b 5 -a 5 -us 10 -q 3 -e",
  "dpif-netdev/pmd-perf-log-set on -b",
  "dpif-netdev/pmd-perf-log-set zork",
  "dpif-netdev/pmd-perf-log-set off -us x",
  "dpif-netdev/pmd-perf-show -pmd 7",
  "dpif-netdev/miniflow-parser-set scalar",
  "dpif-netdev/miniflow-parser-set zork",
  "dpif-netdev/miniflow-parser-set -pmd 0 study 7",
  "dpif-netdev/miniflow-parser-set -pmd 1 autovalidator",
  "dpif-netdev/miniflow-parser-get",
  "dpif-netdev/miniflow-parser-set -pmd 99 scalar",
  "dpif-netdev/miniflow-parser-set -pmd x scalar",
  "dpif-netdev/miniflow-parser-set -pmd 0",
  "dpif-netdev/miniflow-parser-set study x",
  "dpif-netdev/miniflow-parser-set study",
  "dpif-netdev/miniflow-parser-set scalar 3",
  "dpif-netdev/miniflow-parser-set a b c",
  "dpif-netdev/dpif-impl-set dpif_scalar",
  "dpif-netdev/dpif-impl-set zork",
  "dpif-netdev/subtable-lookup-prio-set autovalidator 300",
  "dpif-netdev/subtable-lookup-prio-set autovalidator -1",
  "dpif-netdev/subtable-lookup-prio-set zork 1",
  "dpif-netdev/subtable-lookup-prio-set generic 7",
  "dpif-netdev/subtable-lookup-info-get",
  "dpif-netdev/pmd-stats-show a b c d",
  "dpif-netdev/pmd-rxq-show a b c d e f",
];

describeWith(
  [root, needsRealPrograms, twoCores],
  "forwarding threads of dummies, beside the installed Open vSwitch",
  () => {
    let both: SwitchStack[] = [];
    beforeAll(async () => {
      const options = { switchOptions: ["--enable-dummy=override", "--disable-system"] };
      both = await Promise.all([ourPrograms, realPrograms].map((programs) => SwitchStack.start(programs, options)));
      const port = (name: string, number: number, queues: number): string =>
        `-- add-port br0 ${name} -- set Interface ${name} type=dummy-pmd ofport_request=${number} options:n_rxq=${queues}`;
      await vsctl(
        `set Open_vSwitch . other_config:pmd-cpu-mask=0x3 -- add-br br0 -- set Bridge br0 datapath_type=dummy`,
      );
      await vsctl(`${port("p1", 1, 4)} ${port("p2", 2, 2)}`.slice(3));
    }, 60_000);
    afterAll(() => Promise.all(both.map((stack) => stack.close())));

    async function vsctl(line: string): Promise<void> {
      for (const ran of await Promise.all(both.map((stack) => stack.vsctl(...line.split(" "))))) {
        expect(ran.stderr).toBe("");
      }
    }

    async function ask(line: readonly string[]): Promise<string[]> {
      const answers = await Promise.all(both.map((stack) => stack.appctl(...line)));
      const unnamed = (text: string): string => text.replace(/^ovs-appctl: .*$/m, "");
      return answers.map(
        ({ status, stdout, stderr }, i) =>
          `${line.join(" ")} (${status})\n${comparable(both[i]!.unalias(stdout + unnamed(stderr)))}`,
      );
    }

    /** Threads come and go a little after the settings are in force. */
    async function same(...line: string[]): Promise<string> {
      let [ours, real]: (string | undefined)[] = [];
      await eventually(
        async () => {
          [ours, real] = await ask(line);
          return ours === real;
        },
        line.join(" "),
        3000,
      ).catch(() => {});
      expect(ours).toBe(real);
      return ours!;
    }

    it("poll the same queues", async () => {
      for (const setting of settings) {
        await vsctl(setting);
        for (const command of commands) await same(...command.split(" "));
      }
    }, 120_000);

    it("count the packets of their queues", async () => {
      await vsctl("set Open_vSwitch . other_config:pmd-cpu-mask=0x3 -- set Interface p1 options:n_rxq=4");
      await vsctl(
        "set Open_vSwitch . other_config:pmd-rxq-assign=roundrobin -- set Interface p1 other_config:pmd-rxq-affinity=2:1",
      );
      await same("dpif-netdev/pmd-rxq-show");
      await same("dpif-netdev/pmd-stats-clear");
      await same("netdev-dummy/receive", "p1", "--qid", "2", flow);
      expect(await same("dpif-netdev/pmd-stats-show")).toMatch(/core_id 1:\n {2}packets received: 1\n/);
      await same("dpif-netdev/pmd-stats-show", "-pmd", "0");
      await same("dpif-netdev/pmd-stats-show", "-pmd", "1");
      await same("dpif-netdev/pmd-stats-show", "-pmd", "4294967295");
    }, 60_000);

    it("answer the commands that choose among implementations, and complain in the same words", async () => {
      for (const command of others) await same(...command.split(" "));
    }, 120_000);
  },
);

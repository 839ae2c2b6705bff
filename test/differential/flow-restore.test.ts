import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { shellWords } from "../support/shell-words.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";

const frame = "in_port(1),eth(src=50:54:00:00:00:05,dst=ff:ff:ff:ff:ff:ff),eth_type(0x1234)";

/** Told to both switches, in order; what each prints is compared. `ofctl`, `appctl`, `restart`, `seconds`, else `ovs-vsctl`. */
const whileWaiting = [
  "ofctl dump-flows br0",
  "ofctl dump-flows br1",
  "--columns=target,is_connected,status list controller",
  `appctl netdev-dummy/receive p1 '${frame}'`,
  "appctl dpctl/show --statistics",
  "appctl dpctl/dump-flows",
  "ofctl add-flow br0 priority=5,actions=output:2",
  // The same packet, now with a flow for it: still nobody asks.
  `appctl netdev-dummy/receive p1 '${frame}'`,
  "ofctl packet-out br0 1 p2 50540000000505ff505400000008001234",
  "ofctl add-flow br0 idle_timeout=1,priority=9,dl_type=0x7777,actions=drop",
  "ofctl add-flow br0 hard_timeout=1,priority=9,dl_type=0x7778,actions=drop",
  "seconds 2.5",
  "ofctl dump-flows br0",
  "ofctl dump-ports br0",
  "appctl dpctl/dump-flows",
  "add-port br0 p3 -- set int p3 type=dummy",
  "get interface p3 ofport",
] as const;

const afterwards = [
  "remove open . other_config flow-restore-wait",
  "seconds 0.5",
  // Timeouts were due; they come at once.
  "ofctl dump-flows br1",
  `appctl netdev-dummy/receive p1 '${frame}'`,
  "seconds 0.2",
  // It counts at start only.
  "set open . other_config:flow-restore-wait=true",
  `appctl netdev-dummy/receive p1 '${frame.replace("0x1234", "0x1235")}'`,
  "seconds 0.2",
  "appctl dpctl/dump-flows",
] as const;

describeWith([root, needsRealPrograms], "flow-restore-wait, beside the installed switch", () => {
  let ours: SwitchStack;
  let real: SwitchStack;

  const run = async (stack: SwitchStack, line: string): Promise<string> => {
    const [first = "", ...rest] = shellWords(line);
    if (first === "seconds") {
      await new Promise((resolve) => setTimeout(resolve, 1000 * Number(rest[0])));
      return "";
    }
    const ran = await (first === "appctl"
      ? stack.appctl(...rest)
      : first === "ofctl"
        ? stack.run("/usr/bin/ovs-ofctl", ...rest)
        : stack.vsctl(...shellWords(line)));
    return tidy(stack.unalias(`${ran.stdout}${ran.stderr}`));
  };

  const same = async (lines: readonly string[]): Promise<void> => {
    for (const line of lines) {
      const [a, b] = await Promise.all([run(ours, line), run(real, line)]);
      expect(`${line}\n${a}`).toBe(`${line}\n${b}`);
    }
  };

  beforeAll(async () => {
    const options = { switchOptions: ["--enable-dummy=override", "--disable-system"] };
    ours = await SwitchStack.start(ourPrograms, options);
    real = await SwitchStack.start(realPrograms, options);
  });
  afterAll(async () => {
    await ours?.close();
    await real?.close();
  });

  it("is the same while it lasts, when it ends, and when it comes too late", async () => {
    await same([
      "add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure -- add-port br0 p1 -- set int p1 type=dummy ofport_request=1 -- add-port br0 p2 -- set int p2 type=dummy ofport_request=2",
      "add-br br1 -- set bridge br1 datapath_type=dummy",
      "set open . other_config:flow-restore-wait=true",
      "set-controller br0 tcp:127.0.0.1:1",
    ]);
    for (const stack of [ours, real]) {
      await stack.stop("ovs-vswitchd");
      await stack.startSwitch();
    }
    await same(whileWaiting);
    // There, the restored flows of a bridge with a controller are lost when the waiting ends; here they stay.
    await same(["del-controller br0"]);
    for (const stack of [ours, real]) await run(stack, "ofctl add-flow br0 priority=5,actions=output:2");
    await same(afterwards);
  });

  it("keeps the flows of a bridge that has a controller, where the installed switch loses them", async () => {
    for (const stack of [ours, real]) {
      await run(stack, "set-controller br0 tcp:127.0.0.1:1");
      await stack.stop("ovs-vswitchd");
      await stack.startSwitch();
      await run(stack, "ofctl add-flow br0 priority=5,actions=normal");
      await run(stack, "remove open . other_config flow-restore-wait");
    }
    const flows = await Promise.all([ours, real].map((stack) => run(stack, "ofctl --no-stats dump-flows br0")));
    expect(flows).toEqual([" priority=5 actions=NORMAL\n", ""]);
    expect(await run(ours, "--columns=target,is_connected list controller")).toMatch(/tcp:127\.0\.0\.1:1/);
  });
});

/** Takes titles of replies and times away, and sorts ports, which have no order there. */
function tidy(text: string): string {
  const ports = text.split(/^(?= {2}port )/m);
  return [ports[0], ...ports.slice(1).sort()]
    .join("")
    .replace(/^(NXST|OFPST)_FLOW reply.*\n/gm, "")
    .replace(/duration=[\d.]+s/g, "duration=<time>")
    .replace(/used:[\d.]+s/g, "used:<time>")
    .replace(/idle_age=\d+/g, "idle_age=<time>");
}

import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { describeWith, root } from "../support/needs.js";
import { shellWords } from "../support/shell-words.js";
import { needsRealPrograms, ourPrograms, realPrograms, realSchema, SwitchStack } from "../support/switch-stack.js";

const ofctl = "/usr/bin/ovs-ofctl";
const versions = [10, 11, 12, 13, 14, 15];
const frame = (source: string): string =>
  `in_port(1),eth(src=50:54:00:00:00:${source},dst=50:54:00:00:00:07),eth_type(0x9000)`;

/** What happens to the switches while controllers of each version look on. */
const happenings = [
  "vsctl add-port br0 p1 -- set Interface p1 type=dummy ofport_request=1",
  "vsctl add-port br0 p2 -- set Interface p2 type=dummy ofport_request=2",
  "ofctl mod-port br0 p1 no-flood",
  "ofctl mod-port br0 p1 down",
  "ofctl mod-port br0 p1 up",
  "ofctl add-flow br0 send_flow_rem,cookie=0x5,priority=9,ip,nw_src=1.2.3.4,actions=drop",
  "ofctl add-flow br0 priority=1,actions=controller",
  "ofctl -O OpenFlow13 add-group br0 group_id=1,type=all,bucket=actions=1",
  "ofctl -O OpenFlow13 add-flow br0 send_flow_rem,priority=77,actions=group:1",
  "ofctl -O OpenFlow13 del-groups br0",
  "ofctl --strict del-flows br0 priority=9,ip,nw_src=1.2.3.4",
  `appctl netdev-dummy/receive p1 ${frame("05")}`,
  "ofctl --strict add-flow br0 priority=0,actions=controller(userdata=01.02)",
  "ofctl --strict del-flows br0 priority=1",
  `appctl netdev-dummy/receive p1 ${frame("06")}`,
  "ofctl del-flows br0",
  `appctl netdev-dummy/receive p1 ${frame("08")}`,
  "ofctl add-flow br0 actions=dec_ttl,controller(id=7)",
  "vsctl del-port br0 p1",
  "vsctl del-port br0 p2",
];

const tidy = (text: string): string =>
  text.replace(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g, "<mac>").replace(/duration[\d.]+s/g, "<duration>");

describeWith([root, needsRealPrograms], "what controllers are told without asking, beside the installed switch", () => {
  let stacks: readonly [ours: SwitchStack, real: SwitchStack];
  /** By stack, then by version and form, what a monitor has printed. */
  const heard = new Map<SwitchStack, Map<string, string>>();

  beforeAll(async () => {
    const options = { switchOptions: ["--enable-dummy=override"], hostNetwork: true, schema: realSchema };
    stacks = [await SwitchStack.start(ourPrograms, options), await SwitchStack.start(realPrograms, options)];
    for (const stack of stacks) {
      await stack.vsctl(..."add-br br0 -- set Bridge br0 datapath_type=dummy fail_mode=secure".split(" "));
      const said = new Map<string, string>();
      heard.set(stack, said);
      for (const version of versions) {
        for (const form of [["-P", "standard"], []]) {
          const name = `OpenFlow${version} ${form.join(" ")}`;
          said.set(name, "");
          const child = stack.background(ofctl, "-O", `OpenFlow${version}`, "monitor", "br0", "100", ...form);
          const listen = (text: string): void => void said.set(name, said.get(name)! + tidy(text));
          child.stdout?.setEncoding("utf8").on("data", listen);
          child.stderr?.setEncoding("utf8").on("data", listen);
        }
      }
      const all = `ofconns:${2 * versions.length} `;
      await eventually(async () => (await stack.appctl("memory/show")).stdout.includes(all), "monitors to connect");
    }
  }, 60_000);
  afterAll(async () => {
    for (const stack of stacks) await stack.close();
  });

  it("is the same in every version and form", async () => {
    for (const line of happenings) {
      const [first, ...rest] = shellWords(line);
      const [ours, real] = await Promise.all(
        stacks.map((stack) =>
          first === "ofctl"
            ? stack.run(ofctl, ...rest)
            : first === "appctl"
              ? stack.appctl(...rest)
              : stack.vsctl(...rest),
        ),
      );
      expect(ours, line).toEqual(real);
    }
    const [ours, real] = stacks.map((stack) => heard.get(stack)!) as [Map<string, string>, Map<string, string>];
    const alike = (): boolean => [...ours].every(([name, text]) => text === real.get(name));
    // The last thing that all are told is that the last port has gone.
    await eventually(
      () => [...real.values()].every((text) => text.includes("DEL: 2(p2)")),
      "the installed switch's last word",
    );
    await eventually(alike, "the same from ours", 3000).catch(() => {});
    for (const [name, text] of ours) expect(text, name).toBe(real.get(name));
  }, 60_000);
});

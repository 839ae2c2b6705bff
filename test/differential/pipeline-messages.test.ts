import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { versionName } from "#openflow/version.js";
import { describeWith, openVswitch, root } from "../support/needs.js";
import { ourPrograms, realPrograms, type StackPrograms, SwitchStack } from "../support/switch-stack.js";
import { bundles } from "./pipeline-messages/bundles.js";
import { connection } from "./pipeline-messages/connection.js";
import { type Conversation, converse } from "./pipeline-messages/conversation.js";
import { flows } from "./pipeline-messages/flows.js";
import { monitors, multipart } from "./pipeline-messages/monitors.js";

const families: Readonly<Record<string, readonly Conversation[]>> = {
  connection,
  flows,
  bundles,
  monitors: [...monitors, multipart],
};

const protocols = "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15";
const bridge = `add-br br0 -- set Bridge br0 datapath_type=dummy fail_mode=secure protocols=${protocols}`;
const settings = "other-config:datapath-id=0000000000000abc other-config:dp-desc=here other-config:dp-sn=17";
const port = (n: number): string => `-- add-port br0 p${n} -- set Interface p${n} type=dummy ofport_request=${n}`;

async function startSwitch(programs: StackPrograms): Promise<SwitchStack> {
  const stack = await SwitchStack.start(programs, {
    switchOptions: ["--enable-dummy", "--disable-system"],
    hostNetwork: true,
  });
  const words = [bridge, settings, ...[1, 2, 3].map(port)].join(" ").split(" ");
  await stack.must("/usr/bin/ovs-vsctl", "--timeout=10", ...words);
  return stack;
}

describeWith([root, openVswitch], "requests of every version, answered by ours and by the installed switch", () => {
  const sides: SwitchStack[] = [];

  beforeAll(async () => {
    sides.push(...(await Promise.all([startSwitch(ourPrograms), startSwitch(realPrograms)])));
  }, 60_000);
  afterAll(() => Promise.all(sides.map((side) => side.close())));

  describe.each(Object.entries(families))("%s", (_family, conversations) => {
    const cases = conversations.flatMap((c) => c.versions.map((v) => [c.name, versionName(v), c, v] as const));
    it.each(cases)(
      "%s (%s)",
      async (_name, _version, conversation, version) => {
        const [ours, real] = await Promise.all(sides.map((side) => converse(side, version, conversation)));
        expect(ours).toEqual(real);
      },
      30_000,
    );
  });
});

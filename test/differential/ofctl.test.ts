import { expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { ofctlDuel } from "../support/ofctl-duel.js";
import { needsRealPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";
import { ofctlScenarios } from "./ofctl-scenarios.js";

const switchOptions = ["--enable-dummy", "--disable-system"];

/** The versions a bridge does not have unless it is told. */
const protocols = ["10", "11", "12", "13", "14", "15"].map((v) => `OpenFlow${v}`).join(",");

async function startSwitch(): Promise<SwitchStack> {
  const stack = await SwitchStack.start(realPrograms, { switchOptions });
  const bridge = `add-br br0 -- set bridge br0 datapath_type=dummy protocols=${protocols}`;
  const ports = ["p1", "p2"].map(
    (p, i) => `add-port br0 ${p} -- set interface ${p} type=dummy ofport_request=${i + 1}`,
  );
  await stack.must(stack.programs.vsctl, ...[bridge, ...ports].join(" -- ").split(" "));
  return stack;
}

describeWith([root, needsRealPrograms], "ovs-ofctl beside the installed one", () => {
  for (const scenario of ofctlScenarios) {
    it(scenario.name, { timeout: 300_000 }, async () => {
      const [ours, real] = await Promise.all([startSwitch(), startSwitch()]);
      try {
        expect(await ofctlDuel(ours, real, scenario)).toEqual([]);
      } finally {
        await Promise.all([ours.close(), real.close()]);
      }
    });
  }
});

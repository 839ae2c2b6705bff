import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { ofctlByteScenarios } from "../differential/ofctl-byte-scenarios.js";
import { ofctlCorpus, ofctlGroupCorpus } from "../differential/ofctl-corpus.js";
import { ofctlScenarios } from "../differential/ofctl-scenarios.js";
import { describeWith, root } from "../support/needs.js";
import { type OfctlDifference, ofctlDuel } from "../support/ofctl-duel.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";

const switchOptions = ["--enable-dummy", "--disable-system"];
const protocols = ["10", "11", "12", "13", "14", "15"].map((v) => `OpenFlow${v}`).join(",");
const bridge = `add-br br0 -- set bridge br0 datapath_type=dummy protocols=${protocols}`;
const ports = ["p1", "p2"].map((p, i) => `add-port br0 ${p} -- set interface ${p} type=dummy ofport_request=${i + 1}`);

/** Our switch says its own release, and remarks DSCP by meters, which the installed one does not. */
function isExpected({ line, ours, real }: OfctlDifference): boolean {
  if (line.includes("dump-desc")) return ours.replace(/^Software: .*/, "") === real.replace(/^Software: .*/, "");
  return line.includes("meter-features") && ours.replace(" dscp_remark", "") === real;
}

describeWith([root, needsRealPrograms], "the installed ovs-ofctl on our switch, beside the installed one", () => {
  let stacks: readonly [ours: SwitchStack, real: SwitchStack];

  beforeAll(async () => {
    const start = (vswitchd: string): Promise<SwitchStack> =>
      SwitchStack.start({ ...realPrograms, vswitchd }, { switchOptions });
    stacks = await Promise.all([start(ourPrograms.vswitchd), start(realPrograms.vswitchd)]);
  });

  afterAll(async () => {
    await Promise.all((stacks ?? []).map((stack) => stack.close()));
  });

  beforeEach(async () => {
    const renew = async (stack: SwitchStack): Promise<void> => {
      await stack.must(stack.programs.vsctl, "--if-exists", "del-br", "br0");
      await stack.must(stack.programs.vsctl, ...[bridge, ...ports].join(" -- ").split(" "));
    };
    await Promise.all(stacks.map(renew));
  });

  for (const scenario of [...ofctlScenarios, ...ofctlByteScenarios, ofctlCorpus, ofctlGroupCorpus]) {
    it(scenario.name, { timeout: 120_000 }, async () => {
      const found = await ofctlDuel(...stacks, scenario, "real");
      expect(found.filter((difference) => !isExpected(difference))).toEqual([]);
    });
  }
});

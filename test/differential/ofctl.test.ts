import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { ofctlDuel } from "../support/ofctl-duel.js";
import { needsRealPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";
import { ofctlByteScenarios } from "./ofctl-byte-scenarios.js";
import { ofctlCorpus, ofctlGroupCorpus } from "./ofctl-corpus.js";
import { ofctlScenarios } from "./ofctl-scenarios.js";

const switchOptions = ["--enable-dummy", "--disable-system"];

/** The versions a bridge does not have unless it is told. */
const protocols = ["10", "11", "12", "13", "14", "15"].map((v) => `OpenFlow${v}`).join(",");

const bridge = `add-br br0 -- set bridge br0 datapath_type=dummy protocols=${protocols}`;
const ports = ["p1", "p2"].map((p, i) => `add-port br0 ${p} -- set interface ${p} type=dummy ofport_request=${i + 1}`);

describeWith([root, needsRealPrograms], "ovs-ofctl beside the installed one", () => {
  let stacks: readonly [ours: SwitchStack, real: SwitchStack];

  beforeAll(async () => {
    const start = (): Promise<SwitchStack> => SwitchStack.start(realPrograms, { switchOptions });
    stacks = await Promise.all([start(), start()]);
  }, 60_000);

  afterAll(async () => {
    await Promise.all(stacks.map((stack) => stack.close()));
  });

  beforeEach(async () => {
    const renew = async (stack: SwitchStack): Promise<void> => {
      await stack.must(stack.programs.vsctl, "--if-exists", "del-br", "br0");
      await stack.must(stack.programs.vsctl, ...[bridge, ...ports].join(" -- ").split(" "));
    };
    await Promise.all(stacks.map(renew));
  }, 60_000);

  for (const scenario of [...ofctlScenarios, ...ofctlByteScenarios, ofctlCorpus, ofctlGroupCorpus]) {
    it(scenario.name, { timeout: 300_000 }, async () => {
      expect(await ofctlDuel(...stacks, scenario)).toEqual([]);
    });
  }
});

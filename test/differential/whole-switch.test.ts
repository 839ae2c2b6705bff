import { expect, it } from "vitest";
import { describeWith, root, tun } from "../support/needs.js";
import { duel } from "../support/stack-duel.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";
import { wholeScenarios } from "./whole-scenarios.js";

const switchOptions = ["--enable-dummy", "--disable-system"];

describeWith([root, tun, needsRealPrograms], "database and switch beside the installed ones", () => {
  for (const { name, lines, watched } of wholeScenarios) {
    it(`${name}`, { timeout: 300_000 }, async () => {
      const ours = await SwitchStack.start(ourPrograms, { switchOptions });
      const real = await SwitchStack.start(realPrograms, { switchOptions });
      try {
        const differences = await duel(ours, real, lines, watched);
        expect(differences).toEqual([]);
      } finally {
        await Promise.all([ours.close(), real.close()]);
      }
    });
  }
});

import { expect, it } from "vitest";
import { describeWith, root, tun } from "../support/needs.js";
import { type Difference, duel } from "../support/stack-duel.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";
import { type ExpectedDifference, wholeScenarios } from "./whole-scenarios.js";

const switchOptions = ["--enable-dummy", "--disable-system"];

function isExpected(difference: Difference, { what, line }: ExpectedDifference): boolean {
  return what.test(difference.what) && (line === undefined || line.test(difference.line));
}

describeWith([root, tun, needsRealPrograms], "database and switch beside the installed ones", () => {
  for (const { name, lines, watched, expected = [] } of wholeScenarios) {
    it(name, { timeout: 300_000 }, async () => {
      const known = (d: Difference) => expected.some((e) => isExpected(d, e));
      const ours = await SwitchStack.start(ourPrograms, { switchOptions });
      const real = await SwitchStack.start(realPrograms, { switchOptions });
      try {
        const differences = await duel(ours, real, lines, watched, known);
        expect(differences.filter((d) => !known(d))).toEqual([]);
        const gone = expected.filter((e) => !differences.some((d) => isExpected(d, e)));
        expect(gone.map((e) => e.reason)).toEqual([]);
      } finally {
        await Promise.all([ours.close(), real.close()]);
      }
    });
  }
});

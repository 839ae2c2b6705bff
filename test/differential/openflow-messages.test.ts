import { expect, it } from "vitest";
import { describeWith, openVswitch } from "../support/needs.js";
import { families } from "./openflow-messages/families.js";
import {
  changedByReading,
  type Difference,
  damaged,
  differences,
  differencesAlone,
  type MessageFamily,
  messagesOf,
  report,
  runs,
  seed,
} from "./openflow-messages/harness.js";

/** Each is a process of its own. */
const ALONE = Math.ceil(runs / 8);

describeWith(
  [openVswitch],
  `messages (WEFT_SEED=${seed} WEFT_RUNS=${runs}), as the installed ovs-ofctl prints them`,
  () => {
    for (const family of families) {
      const messages = messagesOf(family, runs);

      it(`${family.name}, verbosity 0`, async () => {
        const step = Math.ceil(messages.length / ALONE);
        expect(
          report(
            await eachAlone(
              family,
              messages.filter((_, i) => i % step === 0),
              0,
            ),
          ),
        ).toBe("");
      });

      it.each([1, 2, 3])(`${family.name}, verbosity %i`, async (verbosity) => {
        expect(report(await differences(family, messages, verbosity))).toBe("");
      });

      it(`${family.name}, read and written again`, () => {
        expect(changedByReading(messages)).toEqual([]);
      });

      it(`${family.name}, damaged`, async () => {
        expect(report(await differences(family, damaged(messages, 2 * runs), 1))).toBe("");
      });

      it(`${family.name}, damaged, with what is logged`, async () => {
        expect(report(await eachAlone(family, damaged(messages, 2 * runs + ALONE).slice(2 * runs), 2))).toBe("");
      });
    }
  },
);

async function eachAlone(
  family: MessageFamily,
  messages: readonly Uint8Array[],
  verbosity: number,
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const bytes of messages) found.push(...(await differencesAlone(family, bytes, verbosity)));
  return found;
}

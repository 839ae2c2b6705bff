import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeOxm, encodeOxm } from "#openflow/match/oxm.js";
import { parseFlowMatch } from "#openflow/match-parse.js";
import { formatMatch } from "#openflow/match-text.js";
import type { Version } from "#openflow/version.js";
import { WireReader } from "#openflow/wire-reader.js";
import { WireWriter } from "#openflow/wire-writer.js";

interface RecordedMatch {
  readonly text: string;
  /** As it is printed, behind a flow's other properties. */
  readonly parsed?: string;
  readonly error?: string;
  readonly hex: Readonly<Record<string, string>>;
}

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "openflow-matches.json"), "utf8")) as {
  readonly release: string;
  readonly matches: readonly RecordedMatch[];
};

const accepted = recorded.matches.filter((m) => m.parsed !== undefined);
const refused = recorded.matches.filter((m) => m.parsed === undefined);

/** OpenFlow 1.0, through which ovs-ofctl printed it, cannot say quite this. */
const printedThroughOpenFlow10 = /^(vlan_vid=5|eth$)/;
/** ovs-ofctl writes the value where the mask belongs, and so matches more than it was told to; ours is exact. */
const maskedByValue = /^tun_(erspan|gtpu)/;

describe(`matches, as ovs-ofctl ${recorded.release} has them`, () => {
  it.each(accepted)("$text", ({ text, parsed, hex }) => {
    const match = parseFlowMatch(text);
    const asPrinted = !printedThroughOpenFlow10.test(text);
    if (asPrinted) expect(formatMatch(match)).toBe(parsed);
    for (const [version, expected] of Object.entries(hex)) {
      const w = new WireWriter(new Uint8Array(64).fill(0xa5));
      encodeOxm(match, Number(version) as Version, w);
      if (!maskedByValue.test(text))
        expect(`${version} ${Buffer.from(w.done()).toString("hex")}`).toBe(`${version} ${expected}`);
      const again = formatMatch(decodeOxm(new WireReader(w.done())));
      expect(again).toBe(asPrinted && !text.includes("vlan") ? parsed : again);
    }
  });

  it.each(refused)("refuses $text", ({ text, error }) => {
    let message = "";
    try {
      parseFlowMatch(text);
    } catch (e) {
      message = (e as Error).message;
    }
    expect(message).toBe(error);
  });
});

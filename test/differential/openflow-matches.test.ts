import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Match } from "#flow/match.js";
import { parseKeyValues } from "#openflow/key-value.js";
import { decodeMatch, encodeMatch } from "#openflow/match/match-codec.js";
import { normalizeMatch } from "#openflow/match/normalize.js";
import { decodeOxm, encodeOxm } from "#openflow/match/oxm.js";
import { MatchWords, parseFlowMatch } from "#openflow/match-parse.js";
import { formatMatch } from "#openflow/match-text.js";
import { firstProtocol, formatProtocols, type Protocol } from "#openflow/protocol.js";
import type { Version } from "#openflow/version.js";
import { WireReader } from "#openflow/wire-reader.js";
import { WireWriter } from "#openflow/wire-writer.js";

interface RecordedMatch {
  readonly text: string;
  /** As it is printed, behind a flow's other properties. */
  readonly parsed?: string;
  readonly error?: string;
  /** The protocols that ovs-ofctl would use. */
  readonly usable?: string;
  /** TLVs by version. */
  readonly hex: Readonly<Record<string, string>>;
  /** Matches of fixed form by version, that of OpenFlow 1.1 with type and length. */
  readonly fixed: Readonly<Record<string, string>>;
}

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "openflow-matches.json"), "utf8")) as {
  readonly release: string;
  readonly matches: readonly RecordedMatch[];
};

const accepted = recorded.matches.filter((m) => m.parsed !== undefined);
const refused = recorded.matches.filter((m) => m.parsed === undefined && m.error !== undefined);
/** What ovs-ofctl sends and no one reads again. */
const unread = recorded.matches.filter((m) => m.parsed === undefined && m.error === undefined);

/** The key has 12 bits of them, which are whole; the wire has 16. */
const wholeOnlyInTheKey = /^tcp,tcp_flags\[\]/;
/** Since OpenFlow 1.2 a priority has a tag as prerequisite, which ovs-ofctl does not look at when it writes one. */
const priorityWithoutTag = /^vlan_tci(=2|=0x3|\[\]=1)$/;

/** What ovs-ofctl prints: the match as it comes back from the protocol that it chose. */
function throughBytes(match: Match, { version, nxm }: Protocol): Match {
  const w = new WireWriter();
  if (nxm) encodeOxm(match, version, w);
  else encodeMatch(match, version, w);
  const r = new WireReader(w.done());
  return nxm ? decodeOxm(r) : decodeMatch(r, version);
}

/** ovs-ofctl writes the value where the mask belongs, and so matches more than it was told to; ours is exact. */
const maskedByValue = /^tun_(erspan|gtpu|gbp_flags)/;

describe(`matches, as ovs-ofctl ${recorded.release} has them`, () => {
  it.each(accepted)("$text", ({ text, parsed, usable, hex, fixed }) => {
    const words = new MatchWords();
    for (const word of parseKeyValues(text)) expect(words.add(word)).toBe(true);
    expect(formatProtocols(words.protocols)).toBe(usable);
    const match = words.done();
    for (const [version, expected] of Object.entries(fixed)) {
      const w = new WireWriter(new Uint8Array(64).fill(0xa5));
      encodeMatch(match, Number(version) as Version, w);
      expect(`${version} ${Buffer.from(w.done()).toString("hex")}`).toBe(`${version} ${expected}`);
    }
    if (maskedByValue.test(text) || wholeOnlyInTheKey.test(text)) return;
    expect(formatMatch(normalizeMatch(throughBytes(match, firstProtocol(words.protocols)!)))).toBe(parsed);
    for (const [version, expected] of Object.entries(hex)) {
      const w = new WireWriter(new Uint8Array(64).fill(0xa5));
      encodeOxm(match, Number(version) as Version, w);
      expect(`${version} ${Buffer.from(w.done()).toString("hex")}`).toBe(`${version} ${expected}`);
      if (priorityWithoutTag.test(text)) continue;
      const w2 = new WireWriter();
      encodeOxm(decodeOxm(new WireReader(w.done())), Number(version) as Version, w2);
      expect(Buffer.from(w2.done()).toString("hex")).toBe(expected);
    }
  });

  it.each(unread)("$text is sent by $usable", ({ text, usable }) => {
    const words = new MatchWords();
    for (const word of parseKeyValues(text)) expect(words.add(word)).toBe(true);
    expect(formatProtocols(words.protocols)).toBe(usable);
  });

  it.each(refused)("refuses $text", ({ text, error }) => {
    let message = "";
    try {
      const words = new MatchWords();
      for (const word of parseKeyValues(text)) if (!words.add(word)) parseFlowMatch(text);
      // No protocol can say it, which ovs-ofctl takes for a fault of the actions.
      if (words.protocols === 0) message = "actions are invalid with specified match (OFPBAC_MATCH_INCONSISTENT)";
    } catch (e) {
      message = (e as Error).message;
    }
    expect(message).toBe(error);
  });
});

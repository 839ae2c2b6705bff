import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeOfp10Match, encodeOfp10Match } from "#openflow/match/ofp10.js";
import { decodeOfp11Match, encodeOfp11Match } from "#openflow/match/ofp11.js";
import { formatMatch } from "#openflow/match-text.js";
import { OfpError } from "#openflow/ofp-error.js";
import { WireReader } from "#openflow/wire-reader.js";
import { WireWriter } from "#openflow/wire-writer.js";
import { describeWith, openVswitch } from "../support/needs.js";

const hexOf = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => Buffer.from(b).toString("hex"));
const one = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const join = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> => fc.tuple(...parts).map((p) => p.join(""));

const type = one("0800", "0800", "0800", "0806", "8035", "86dd", "8847", "8848", "894f", "1234", "05ff");
const proto = one("01", "06", "11", "84", "3a", "07");
const vlan = one("0000", "0005", "0fff", "1005", "ffff", "fffe", "2000");

/** `ofp_match` of OpenFlow 1.0. */
const ofp10 = join(
  fc.oneof(
    fc.integer({ min: 0, max: 0x3fffff }).map((n) => n.toString(16).padStart(8, "0")),
    hexOf(4),
  ),
  one("0001", "fffe", "ff01", "1234"),
  hexOf(12),
  vlan,
  hexOf(1),
  one("00"),
  type,
  hexOf(1),
  proto,
  one("0000"),
  hexOf(12),
);

const mac = join(hexOf(6), fc.oneof(one("ffffffffffff", "000000000000"), hexOf(6)));
const ip = join(hexOf(4), fc.oneof(one("ffffffff", "00000000", "000000ff"), hexOf(4)));
const port = fc.oneof(
  hexOf(2),
  hexOf(1).map((b) => `00${b}`),
);

/** OFPMT_STANDARD of OpenFlow 1.1. */
const ofp11 = join(
  one("00000058"),
  one("00000001", "fffffffe", "0000ff01", "00001234"),
  fc.integer({ min: 0, max: 0x3ff }).map((n) => n.toString(16).padStart(8, "0")),
  mac,
  mac,
  vlan,
  one("00", "03", "07", "08"),
  one("00"),
  type,
  one("28", "00", "fc", "03"),
  proto,
  ip,
  ip,
  port,
  port,
  hexOf(5),
  one("000000"),
  hexOf(8),
  fc.oneof(one("0000000000000000", "ffffffffffffffff"), hexOf(8)),
);

/** What the test command prints: the match, the bytes that are others once it is written again, an empty line. */
function answer(hex: string, version: 10 | 11): string {
  const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
  try {
    const match = version === 10 ? decodeOfp10Match(new WireReader(bytes)) : decodeOfp11Match(new WireReader(bytes, 4));
    const w = new WireWriter(new Uint8Array(10).fill(0xa5));
    if (version === 10) encodeOfp10Match(match, w);
    else {
      w.u16(0).u16(88);
      encodeOfp11Match(match, w);
    }
    const again = w.done();
    const two = (n: number): string => n.toString(16).padStart(2, "0");
    const changes = [...bytes.keys()]
      .filter((i) => bytes[i] !== again[i])
      .map((i) => `${String(i).padStart(2)}: ${two(bytes[i]!)} -> ${two(again[i]!)}\n`);
    return `${formatMatch(match)}\n${changes.join("")}\n`;
  } catch (e) {
    if (e instanceof OfpError) return `bad ofp11_match: ${e.error}\n\n`;
    throw e;
  }
}

/** Types and codes of ICMP have 8 bits. Upstream keeps 16 of OpenFlow 1.0's, which no packet has. */
function withSmallIcmp(line: string): string {
  const isIcmp = line.slice(50, 52) === "01" || line.slice(50, 52) === "3a";
  return isIcmp ? `${line.slice(0, 72)}00${line.slice(74, 76)}00${line.slice(78)}` : line;
}

describeWith([openVswitch], "matches of fixed form, beside the installed ovs-ofctl", () => {
  it.each([
    [10, ofp10],
    [11, ofp11],
  ] as const)("ofp%d_match of any bytes", (version, some) => {
    const lines = fc.sample(some.map(version === 10 ? withSmallIcmp : (line) => line), {
      seed: version,
      numRuns: 1000,
    });
    const { stdout } = spawnSync("/usr/bin/ovs-ofctl", [`parse-ofp${version}-match`], {
      input: `${lines.join("\n")}\n`,
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    // What normalising does is also said; `normalize.test.ts` has that.
    expect(stdout.replace(/^normal: .*\n/gm, "")).toBe(lines.map((line) => answer(line, version)).join(""));
  });
});

import { expect, it } from "vitest";
import { decodeMessage, encodeMessages } from "#openflow/messages/codec.js";
import { OF10, OF13, OF14, OF15, type Version } from "#openflow/version.js";
import { hex, unhex } from "#util/hex.js";
import { families } from "../differential/openflow-messages/families.js";
import { messagesOf } from "../differential/openflow-messages/harness.js";
import { describeWith } from "../support/needs.js";
import { dissect, tshark } from "../support/tshark.js";
import { type TsharkGap, tsharkGaps } from "./openflow-tshark-gaps.js";

/** Of each family. */
const MESSAGES = 700;

/** Versions that tshark dissects; of the others it only tells the type. */
const dissected: readonly Version[] = [OF10, OF13, OF14, OF15];

/** A frame that is as it should be: UDP, without a checksum. */
const frame: Uint8Array = unhex(
  `${"020000000002020000000001"}0800${"4500002e000000004011"}66bd${"0a0000010a000002"}000100020012${"0000"}${"00".repeat(18)}`,
)!;

/** The same message with that frame, where it has one: tshark dissects frames as well. */
function withWholeFrame(bytes: Uint8Array): Uint8Array {
  const { body, version, xid, name } = decodeMessage(bytes);
  if (name !== "OFPT_PACKET_IN" && name !== "OFPT_PACKET_OUT") return bytes;
  const whole = { ...body, data: frame, ...(body.kind === "packet_in" && { totalLength: frame.length }) };
  return encodeMessages(
    { ...whole, ...("bufferId" in body && { bufferId: 0xffffffff }) } as typeof body,
    version,
    xid,
  )[0]!;
}

describeWith([tshark], "our messages, dissected by tshark", () => {
  const seen = new Set<TsharkGap>();

  it.each(families.map((family) => [family.name, family] as const))("%s", { timeout: 60_000 }, (_name, family) => {
    const messages = messagesOf(family, MESSAGES)
      .filter(([version]) => dissected.some((v) => v === version))
      .map(withWholeFrame);
    const wrong = dissect(messages).flatMap(({ index, says }) => {
      const bytes = messages[index]!;
      const { name, version, body } = decodeMessage(bytes);
      const gap = tsharkGaps.find((g) => g.messages.test(`${name} ${version}`) && g.when?.(body) !== false);
      if (gap === undefined) return [`${name} ${version}: ${says}\n  ${hex(bytes)}`];
      seen.add(gap);
      return [];
    });
    expect(wrong).toEqual([]);
  });

  it("every gap was met", () => {
    expect(tsharkGaps.filter((gap) => gap.rare !== true && !seen.has(gap))).toEqual([]);
  });

  it("knows their types", () => {
    const messages = families
      .flatMap((family) => messagesOf(family, 60))
      .filter(([version]) => dissected.some((v) => v === version));
    const known = dissect(messages, true);
    expect(known.length).toBe(messages.length);
    const unknown = known.filter(({ index, says }) => {
      const { name } = decodeMessage(messages[index]!);
      return name.startsWith("OFPT_") && !says.includes(`Type: ${name}`);
    });
    expect(unknown.map(({ index, says }) => `${says} ${hex(messages[index]!)}`)).toEqual([]);
  });
});

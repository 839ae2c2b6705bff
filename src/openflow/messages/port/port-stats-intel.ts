import { OfpError } from "../../ofp-error.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { writeExperimenterProperty } from "../property.js";
import { type RawText, rawBytes, rawText, showRawText } from "../raw-text.js";
import { type Counter, formatCounter, readCounter, writeCounter } from "./counters.js";

/** Intel's number as an experimenter: its properties add counters to ports. */
export const INTEL = 0xaa01;
/** What its properties are numbered. */
export const intelProperties = { rfc2819: 1, custom: 2 } as const;

/** Counters as RFC 2819 has them, in the order of the wire. */
const fields: readonly (readonly [direction: "rx" | "tx", name: string])[] = [
  ["rx", "1_to_64_packets"],
  ["rx", "65_to_127_packets"],
  ["rx", "128_to_255_packets"],
  ["rx", "256_to_511_packets"],
  ["rx", "512_to_1023_packets"],
  ["rx", "1024_to_1522_packets"],
  ["rx", "1523_to_max_packets"],
  ["tx", "1_to_64_packets"],
  ["tx", "65_to_127_packets"],
  ["tx", "128_to_255_packets"],
  ["tx", "256_to_511_packets"],
  ["tx", "512_to_1023_packets"],
  ["tx", "1024_to_1522_packets"],
  ["tx", "1523_to_max_packets"],
  ["tx", "multicast_packets"],
  ["rx", "broadcast_packets"],
  ["tx", "broadcast_packets"],
  ["rx", "undersized_errors"],
  ["rx", "oversize_errors"],
  ["rx", "rx_fragmented_errors"],
  ["rx", "rx_jabber_errors"],
];

/** The counters that RFC 2819 names, in this order: by size of what was received (7), sent (7), then as `fields` tells. */
export type Rfc2819 = readonly Counter[];

/** A counter that only some device has. */
interface CustomCounter {
  /** At most 63 bytes. */
  readonly name: RawText;
  readonly value: bigint;
}

/** Counters that only some device has. */
export type CustomStats = readonly CustomCounter[];

const LONGEST_NAME = 63;

/** Reads RFC 2819's counters. Throws OFPBPC_BAD_LEN. */
export function readRfc2819(r: WireReader): Rfc2819 {
  if (r.left !== 4 + 8 * fields.length) throw new OfpError("OFPBPC_BAD_LEN");
  r.skip(4);
  return fields.map(() => readCounter(r));
}

/** Writes RFC 2819's counters as a property. */
export function writeRfc2819(w: WireWriter, stats: Rfc2819): void {
  writeExperimenterProperty(w, INTEL, intelProperties.rfc2819, () => {
    w.zeros(4);
    for (const i of fields.keys()) writeCounter(w, stats[i]);
  });
}

/** Reads a device's own counters: two bytes of padding, their number, and for each the length of its name, name and value. */
export function readCustomStats(r: WireReader): CustomStats {
  if (r.left < 4) throw new OfpError("OFPBPC_BAD_LEN");
  r.skip(2);
  const count = r.u16();
  const found: CustomCounter[] = [];
  for (let i = 0; i < count; i++) {
    const name = rawText(r.copy(r.u8()), LONGEST_NAME);
    found.push({ name, value: r.u64() });
  }
  return found;
}

/** Writes a device's own counters as a property. */
export function writeCustomStats(w: WireWriter, stats: CustomStats): void {
  writeExperimenterProperty(w, INTEL, intelProperties.custom, () => {
    w.zeros(2).u16(stats.length);
    for (const { name, value } of stats) {
      const bytes = rawBytes(name, LONGEST_NAME);
      w.u8(bytes.length).raw(bytes).u64(value);
    }
  });
}

/** A line for what was received and one for what was sent, each where there is anything. */
export function formatRfc2819(stats: Rfc2819): string[] {
  return (["rx", "tx"] as const).flatMap((direction) => {
    const parts = fields.flatMap(([of, name], i) =>
      of === direction && stats[i] !== undefined ? [`${name}=${formatCounter(stats[i])}, `] : [],
    );
    return parts.length === 0 ? [] : [`           ${direction} rfc2819 ${parts.join("")}`];
  });
}

const LINE = `\n${" ".repeat(21)}`;

/** The counters, three to a line; those without a name are left out, and where they would begin a line, none begins. */
export function formatCustomStats(stats: CustomStats): string[] {
  if (stats.length === 0) return [];
  const parts = stats.map(({ name, value }, i) =>
    name === "" ? "" : `${i % 3 === 0 ? LINE : ""} ${showRawText(name)}=${value},`,
  );
  return [`           CUSTOM Statistics${parts.join("")}`];
}

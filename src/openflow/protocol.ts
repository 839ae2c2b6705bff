import { UserError } from "#util/errors.js";
import { OF10, type Version } from "./version.js";

/**
 * How flows are said on a connection: a version, for OpenFlow 1.0 with the match of the standard or Nicira's, and with flow_mod_table_id on
 * or off. Names as `--flow-format` has them.
 */
export interface Protocol {
  readonly name: string;
  readonly bit: number;
  readonly version: Version;
  /** Matches are NXM in Nicira's messages. Only of OpenFlow 1.0. */
  readonly nxm: boolean;
  /** The switch takes a table number in flow mods. */
  readonly tableId: boolean;
}

const list = (
  [
    ["OpenFlow10-table_id", 1, false, false],
    ["OpenFlow10+table_id", 1, false, true],
    ["NXM-table_id", 1, true, false],
    ["NXM+table_id", 1, true, true],
    ["OpenFlow11", 2, false, true],
    ["OXM-OpenFlow12", 3, false, true],
    ["OXM-OpenFlow13", 4, false, true],
    ["OXM-OpenFlow14", 5, false, true],
    ["OXM-OpenFlow15", 6, false, true],
  ] as const
).map(([name, version, nxm, tableId], i): Protocol => ({ name, bit: 1 << i, version, nxm, tableId }));

/** Every protocol, in the order of preference. */
export const protocols: readonly Protocol[] = list;

/** Some protocols, by their bits. */
export type ProtocolSet = number;

const bitsOf = (some: (p: Protocol) => boolean): ProtocolSet => list.filter(some).reduce((bits, p) => bits | p.bit, 0);

/** Sets of protocols. */
export const ProtocolSets: Readonly<Record<"none" | "any" | "openflow10" | "nxm" | "oxm" | "tableId", ProtocolSet>> = {
  none: 0,
  any: bitsOf(() => true),
  openflow10: bitsOf((p) => p.version === OF10 && !p.nxm),
  nxm: bitsOf((p) => p.nxm),
  oxm: bitsOf((p) => p.version >= 3),
  /** Those that have a table number in flow mods. */
  tableId: bitsOf((p) => p.tableId),
};

const abbreviations: readonly (readonly [string, ProtocolSet])[] = [
  ["any", ProtocolSets.any],
  ["OpenFlow10", ProtocolSets.openflow10],
  ["NXM", ProtocolSets.nxm],
  ["OXM", ProtocolSets.oxm],
];

/** The protocols of versions `first` to `last`. */
export function protocolsOfVersions(first: Version, last: Version): ProtocolSet {
  return ofVersions[first]![last]!;
}

const numbers: readonly number[] = Array.from({ length: 7 }, (_, version) => version);
const ofVersions: readonly (readonly ProtocolSet[])[] = numbers.map((first) =>
  numbers.map((last) => bitsOf((p) => p.version >= first && p.version <= last)),
);

/** The first protocol of a set, by preference; undefined for none. */
export function firstProtocol(set: ProtocolSet): Protocol | undefined {
  return list.find((p) => (set & p.bit) !== 0);
}

/** How a connection of this version begins: OpenFlow 1.0 without the table number, and with the standard's match. */
export function protocolOfVersion(version: Version): Protocol {
  return plain[version]!;
}

const plain: readonly (Protocol | undefined)[] = numbers.map((version) => list.find((p) => p.version === version));

/** As `--flow-format` and "usable protocols" write a set: `any`, `NXM,OXM`, `none`. */
export function formatProtocols(set: ProtocolSet): string {
  if (set === 0) return "none";
  const words: string[] = [];
  let rest = set;
  for (const [name, bits] of abbreviations) {
    if ((rest & bits) !== bits) continue;
    words.push(name);
    rest &= ~bits;
  }
  for (const { name, bit } of list) if ((rest & bit) !== 0) words.push(name);
  return words.join(",");
}

/** Reads what `formatProtocols` writes, in any case. Throws `UserError` on a word that is no flow format. */
export function parseProtocols(text: string): ProtocolSet {
  const words = text.split(/[ ,\t\r\n]+/).filter((w) => w !== "");
  if (words.length === 0) throw new UserError(`${text}: no flow protocol specified`);
  let set = 0;
  for (const word of words) {
    const wanted = word.toLowerCase();
    const bits =
      abbreviations.find(([name]) => name.toLowerCase() === wanted)?.[1] ??
      list.find((p) => p.name.toLowerCase() === wanted)?.bit;
    if (bits === undefined) throw new UserError(`${word}: unknown flow protocol`);
    set |= bits;
  }
  return set;
}

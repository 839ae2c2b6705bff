// Tables as the counters of OpenFlow 1.0 to 1.2 tell them, with what they can do in bits.
import { OF11, OF12 } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import type { MessageDecodeContext } from "../message.js";
import { readRawText, writeRawText } from "../raw-text.js";
import { type ActionFeatures, type InstructionFeatures, noInstructions, type TableFeatures } from "./features-model.js";
import { type FieldSet, fieldSet } from "./field-set.js";
import { configOfMiss, missOfConfig } from "./miss-config.js";
import { actionsOf, actionTypes, instructionsOf, instructionTypes } from "./table-actions.js";
import type { TableStats } from "./table-stats.js";

const NAME = 32;
/** Instructions of OpenFlow 1.1 and 1.2: all but meters. */
const INSTRUCTIONS = 0x3e;

/** Fields by their bits; where a field has several, any of them is it. */
type Bits = readonly (readonly [bits: bigint, name: string])[];

const numbered = (names: string): Bits =>
  names.split(" ").flatMap((name, i) => (name === "-" ? [] : [[1n << BigInt(i), name] as const]));

/** OFPFW of OpenFlow 1.0: an address has six bits. */
const of10: Bits = [
  ...numbered("in_port vlan_vid eth_src eth_dst eth_type nw_proto tcp_src tcp_dst"),
  [0x3fn << 8n, "ip_src"],
  [0x3fn << 14n, "ip_dst"],
  [1n << 20n, "vlan_pcp"],
  [1n << 21n, "nw_tos"],
];

/** OFPFMF of OpenFlow 1.1. */
const of11: Bits = numbered(
  "in_port vlan_vid vlan_pcp eth_type nw_tos nw_proto tcp_src tcp_dst mpls_label mpls_tc - eth_src eth_dst ip_src ip_dst metadata",
);

/** OXM's numbers, in OpenFlow 1.2. */
const of12: Bits = numbered(
  "in_port_oxm - metadata eth_dst eth_src eth_type vlan_vid vlan_pcp ip_dscp nw_ecn nw_proto ip_src ip_dst tcp_src tcp_dst " +
    "udp_src udp_dst sctp_src sctp_dst icmp_type icmp_code arp_op arp_spa arp_tpa arp_sha arp_tha ipv6_src ipv6_dst " +
    "ipv6_label icmpv6_type icmpv6_code nd_target nd_sll nd_tll mpls_label mpls_tc",
);

/** What upstream tells too in OpenFlow 1.2, though it has no such fields, and does not read. */
const written12: Bits = [...of12, [1n << 36n, "mpls_bos"], [1n << 44n, "packet_type"]];

const fieldsOf = (bits: bigint, table: Bits): FieldSet =>
  fieldSet(table.filter(([bit]) => (bits & bit) !== 0n).map(([, name]) => name));

const bitsOf = (fields: FieldSet, table: Bits): bigint =>
  table.reduce((bits, [bit, name]) => (fields.includes(name) ? bits | bit : bits), 0n);

const hasBit =
  (bits: number) =>
  (type: number): boolean =>
    type >= 0 && ((bits >>> type) & 1) === 1;

const bitsOfTypes = (types: readonly number[]): number => types.reduce((bits, type) => bits | (1 << type), 0) >>> 0;

const plain = {
  metadataMatch: 0n,
  metadataWrite: 0n,
  miss: "default",
  nonMiss: noInstructions,
  onMiss: noInstructions,
  mask: [],
} as const;

function both(features: InstructionFeatures): Pick<TableFeatures, "nonMiss" | "onMiss"> {
  return { nonMiss: features, onMiss: features };
}

/** OpenFlow 1.0: 64 bytes. */
export function readTable10(r: WireReader): TableStats {
  const table = r.u8();
  r.skip(3);
  const name = readRawText(r, NAME);
  const wildcard = fieldsOf(BigInt(r.u32()), of10);
  const features: TableFeatures = { table, name, ...plain, maxEntries: r.u32(), match: wildcard, wildcard };
  return { table, active: r.u32(), lookups: r.u64(), matches: r.u64(), features };
}

/** Writes what `readTable10` reads. */
export function writeTable10(w: WireWriter, { table, active, lookups, matches, features }: TableStats): void {
  w.u8(table).zeros(3);
  writeRawText(w, features?.name ?? "", NAME);
  w.u32(Number(bitsOf(features?.wildcard ?? [], of10))).u32(features?.maxEntries ?? 0);
  w.u32(active).u64(lookups).u64(matches);
}

/** OpenFlow 1.1: 88 bytes. */
export function readTable11(r: WireReader, warn: MessageDecodeContext["warn"]): TableStats {
  const table = r.u8();
  r.skip(7);
  const name = readRawText(r, NAME);
  const wildcard = fieldsOf(BigInt(r.u32()), of11);
  const match = fieldSet([...fieldsOf(BigInt(r.u32()), of11), ...wildcard]);
  const instructions = instructionsOf(hasBit(r.u32() & INSTRUCTIONS));
  const write: ActionFeatures = { actions: actionsOf(hasBit(r.u32()), OF11), setFields: [] };
  // Upstream takes the one list for both.
  r.skip(4);
  const miss = missOfConfig(r.u32(), warn);
  const features: TableFeatures = {
    table,
    name,
    ...plain,
    miss,
    maxEntries: r.u32(),
    ...both({ next: [], instructions, write, apply: write }),
    match,
    wildcard,
  };
  return { table, active: r.u32(), lookups: r.u64(), matches: r.u64(), features };
}

/** Writes what `readTable11` reads. */
export function writeTable11(w: WireWriter, { table, active, lookups, matches, features }: TableStats): void {
  const { write, apply, instructions } = features?.nonMiss ?? noInstructions;
  w.u8(table).zeros(7);
  writeRawText(w, features?.name ?? "", NAME);
  w.u32(Number(bitsOf(features?.wildcard ?? [], of11)))
    .u32(Number(bitsOf(features?.match ?? [], of11)))
    .u32(bitsOfTypes(instructionTypes(instructions, OF11)))
    .u32(bitsOfTypes(actionTypes(write.actions, OF11)))
    .u32(bitsOfTypes(actionTypes(apply.actions, OF11)))
    .u32(configOfMiss(features?.miss ?? "controller"))
    .u32(features?.maxEntries ?? 0);
  w.u32(active).u64(lookups).u64(matches);
}

/** OpenFlow 1.2: 128 bytes. */
export function readTable12(r: WireReader, warn: MessageDecodeContext["warn"]): TableStats {
  const table = r.u8();
  r.skip(7);
  const name = readRawText(r, NAME);
  const told = fieldsOf(r.u64(), of12);
  const wildcard = fieldsOf(r.u64(), of12);
  const writeActions = actionsOf(hasBit(r.u32()), OF12);
  const applyActions = actionsOf(hasBit(r.u32()), OF12);
  const write: ActionFeatures = { actions: writeActions, setFields: fieldsOf(r.u64(), of12) };
  const apply: ActionFeatures = { actions: applyActions, setFields: fieldsOf(r.u64(), of12) };
  const metadataMatch = r.u64();
  const metadataWrite = r.u64();
  const instructions = instructionsOf(hasBit(r.u32() & INSTRUCTIONS));
  const miss = missOfConfig(r.u32(), warn);
  const features: TableFeatures = {
    table,
    name,
    ...plain,
    metadataMatch,
    metadataWrite,
    miss,
    maxEntries: r.u32(),
    ...both({ next: [], instructions, write, apply }),
    match: fieldSet([...told, ...wildcard]),
    wildcard,
  };
  return { table, active: r.u32(), lookups: r.u64(), matches: r.u64(), features };
}

/** Writes what `readTable12` reads. */
export function writeTable12(w: WireWriter, { table, active, lookups, matches, features }: TableStats): void {
  const { write, apply, instructions } = features?.nonMiss ?? noInstructions;
  w.u8(table).zeros(7);
  writeRawText(w, features?.name ?? "", NAME);
  w.u64(bitsOf(features?.match ?? [], written12)).u64(bitsOf(features?.wildcard ?? [], written12));
  w.u32(bitsOfTypes(actionTypes(write.actions, OF12))).u32(bitsOfTypes(actionTypes(apply.actions, OF12)));
  w.u64(bitsOf(write.setFields, of12)).u64(bitsOf(apply.setFields, of12));
  w.u64(features?.metadataMatch ?? 0n).u64(features?.metadataWrite ?? 0n);
  w.u32(bitsOfTypes(instructionTypes(instructions, OF12)))
    .u32(configOfMiss(features?.miss ?? "controller"))
    .u32(features?.maxEntries ?? 0);
  w.u32(active).u64(lookups).u64(matches);
}

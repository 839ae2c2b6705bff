import { PlainFrame } from "./plain-frame.js";
import { LOCAL } from "./plain-pipeline.js";
import {
  type Condition,
  fields,
  type PacketKind,
  type Part,
  type PlainAction,
  type PlainGroup,
  type PlainRule,
  packetKinds,
} from "./plain-rules.js";

/** Random choices that are the same for the same seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

export const PORTS = [1, 2, 3, 4] as const;
const TABLES = 6;
const allPorts = [...PORTS, LOCAL];

const macs = [0x0200000000a1n, 0x0200000000a2n, 0x0200000000b3n, 0x01005e000001n];
const ips = [0x0a000001n, 0x0a000002n, 0x0a000101n, 0xc0a80001n];
const ip6s = [
  0x20010db8000000000000000000000001n,
  0x20010db8000000000000000000000002n,
  0xfe80000000000000000000000000000an,
];
const ports = [1n, 2n, 80n, 443n, 32768n];

/** Few values, so that flows and packets meet. */
const pools: Readonly<Record<string, readonly bigint[]>> = {
  eth_src: macs,
  eth_dst: macs,
  vlan_vid: [1n, 10n, 20n],
  vlan_pcp: [0n, 3n, 7n],
  mpls_label: [16n, 17n, 1000n],
  mpls_tc: [0n, 3n],
  mpls_ttl: [1n, 2n, 64n],
  mpls_bos: [0n, 1n],
  ip_src: ips,
  ip_dst: ips,
  ipv6_src: ip6s,
  ipv6_dst: ip6s,
  ipv6_label: [0n, 5n, 0xfffffn],
  ip_dscp: [0n, 8n, 46n],
  ip_ecn: [0n, 1n, 3n],
  nw_ttl: [1n, 2n, 64n, 255n],
  tcp_src: ports,
  tcp_dst: ports,
  tcp_flags: [2n, 0x10n, 0x12n],
  udp_src: ports,
  udp_dst: ports,
  sctp_src: ports,
  sctp_dst: ports,
  icmp_type: [0n, 8n],
  icmp_code: [0n, 1n],
  icmpv6_type: [128n, 129n],
  icmpv6_code: [0n],
  arp_op: [1n, 2n],
  arp_sha: macs,
  arp_tha: macs,
  arp_spa: ips,
  arp_tpa: ips,
  in_port: PORTS.map(BigInt),
  metadata: [0n, 1n, 0x123456789abcdef0n],
  tun_id: [0n, 5n],
  pkt_mark: [0n, 7n],
  ct_mark: [0n, 7n],
  ct_zone: [0n, 1n, 2n],
};

const valuesOf = (field: string): readonly bigint[] => pools[field] ?? [0n, 1n, 2n, 0xffffn];

const l2 = ["eth_src", "eth_dst"];
const meta = ["in_port", "metadata", "tun_id", "pkt_mark", "reg0", "reg1", "reg2", "reg3"];
const ip = ["ip_src", "ip_dst", "ip_dscp", "ip_ecn", "nw_ttl"];
const ip6 = ["ipv6_src", "ipv6_dst", "ipv6_label", "ip_dscp", "ip_ecn", "nw_ttl"];
const fieldsOf: Readonly<Record<PacketKind, readonly string[]>> = {
  any: [],
  ip,
  tcp: [...ip, "tcp_src", "tcp_dst", "tcp_flags"],
  udp: [...ip, "udp_src", "udp_dst"],
  sctp: [...ip, "sctp_src", "sctp_dst"],
  icmp: [...ip, "icmp_type", "icmp_code"],
  ipv6: ip6,
  tcp6: [...ip6, "tcp_src", "tcp_dst"],
  udp6: [...ip6, "udp_src", "udp_dst"],
  icmp6: [...ip6, "icmpv6_type", "icmpv6_code"],
  arp: ["arp_op", "arp_sha", "arp_spa", "arp_tha", "arp_tpa"],
  mpls: ["mpls_label", "mpls_tc", "mpls_ttl", "mpls_bos"],
};
/** Changing these is beyond the reference, or not allowed. */
const fixed: ReadonlySet<string> = new Set([
  "in_port",
  "tcp_flags",
  "sctp_src",
  "sctp_dst",
  "mpls_bos",
  "ct_state",
  "ct_zone",
]);
const masked: ReadonlySet<string> = new Set([
  ...[
    "eth_src",
    "eth_dst",
    "ip_src",
    "ip_dst",
    "ipv6_src",
    "ipv6_dst",
    "tcp_src",
    "tcp_dst",
    "udp_src",
    "udp_dst",
    "metadata",
  ],
  ...["reg0", "reg1", "reg2", "reg3", "arp_spa", "arp_tpa"],
]);
const kinds = Object.keys(packetKinds) as PacketKind[];

const ones = (bits: number): bigint => (1n << BigInt(bits)) - 1n;
const bitsOf = (field: string): number => fields.get(field)!.bits;
const whole = (field: string): Part => ({ field, start: 0, bits: bitsOf(field) });

function maskFor(dice: Dice, field: string): bigint {
  const bits = bitsOf(field);
  if (!masked.has(field) || dice.chance(60)) return ones(bits);
  // A prefix, or any bits.
  const length = 1 + dice.below(bits);
  return dice.chance(70) ? ones(bits) & ~ones(bits - length) : ones(bits) & (valuesOf(field)[0]! | 3n) || 1n;
}

/** What is known of a packet while actions are made for it, so that most of them are allowed. */
interface Known {
  kind: PacketKind;
  vlan: boolean | undefined;
}

const registers = ["reg0", "reg1", "reg2", "reg3"] as const;

function settable(known: Known): string[] {
  const there = [...l2, ...fieldsOf[known.kind], ...meta, ...(known.vlan ? ["vlan_vid", "vlan_pcp"] : [])];
  return there.filter((f) => !fixed.has(f));
}

function register(dice: Dice): Part {
  const bits = dice.one([32, 16, 8, 4]);
  return { field: dice.one(registers), start: dice.below(33 - bits), bits };
}

function randomAction(
  dice: Dice,
  known: Known,
  table: number,
  world: { readonly groups: number; readonly connections: boolean },
): PlainAction {
  const pick = dice.below(100);
  const field = dice.one(settable(known));
  if (pick < 22) return { kind: "output", port: dice.one(allPorts) };
  if (pick < 24) return { kind: dice.one(["in_port", "all", "flood"]) };
  if (pick < 40 && table + 1 < TABLES) {
    const port = dice.chance(20) ? dice.one(PORTS) : undefined;
    return { kind: "resubmit", port, table: table + 1 + dice.below(TABLES - table - 1) };
  }
  if (pick < 52)
    return {
      kind: "set",
      field,
      value: dice.one(valuesOf(field)),
      mask: masked.has(field) && dice.chance(20) ? maskFor(dice, field) : ones(bitsOf(field)),
    };
  if (pick < 58) {
    const to = register(dice);
    return { kind: "load", to, value: BigInt(dice.below(0x10000)) & ones(to.bits) };
  }
  if (pick < 64) {
    const bits = Math.min(bitsOf(field), 32);
    const into: Part = { field: dice.one(registers), start: 0, bits };
    const from: Part = { field, start: 0, bits };
    return { kind: "move", ...(dice.chance(70) ? { from, to: into } : { from: into, to: from }) };
  }
  if (pick < 68) return { kind: dice.one(["push", "pop"]), part: dice.chance(50) ? register(dice) : whole(field) };
  if (pick < 72) return { kind: "pop_vlan" };
  if (pick < 76) return { kind: "push_vlan", tpid: dice.one([0x8100, 0x88a8]) };
  if (pick < 79) return { kind: "push_mpls", ethertype: 0x8847 };
  if (pick < 82 && known.kind === "mpls") return { kind: "pop_mpls", ethertype: dice.one([0x0800, 0x8847, 0x86dd]) };
  if (pick < 85) return { kind: known.kind === "mpls" ? "dec_mpls_ttl" : "dec_ttl" };
  if (pick < 89 && world.groups > 0) return { kind: "group", group: 1 + dice.below(world.groups) };
  if (pick < 92) return { kind: "clone", actions: randomActions(dice, { ...known }, table, world, 2) };
  if (pick < 94) return { kind: "output_reg", from: { field: dice.one(registers), start: 0, bits: 16 } };
  if (pick < 96) return { kind: "exit" };
  if (pick < 98 && world.connections && (known.kind === "udp" || known.kind === "udp6") && table + 1 < TABLES) {
    const mark = dice.chance(50) ? BigInt(dice.below(16)) : undefined;
    const commit = dice.chance(60);
    return {
      kind: "ct",
      commit,
      zone: 1 + dice.below(2),
      table: dice.chance(70) ? table + 1 : undefined,
      mark: commit ? mark : undefined,
    };
  }
  return { kind: "output", port: dice.one(allPorts) };
}

function note(known: Known, action: PlainAction): void {
  if (action.kind === "push_vlan") known.vlan = true;
  if (action.kind === "pop_vlan") known.vlan = undefined;
  if (action.kind === "push_mpls") known.kind = "mpls";
  if (action.kind === "pop_mpls")
    known.kind = action.ethertype === 0x0800 ? "ip" : action.ethertype === 0x86dd ? "ipv6" : "mpls";
}

function randomActions(
  dice: Dice,
  known: Known,
  table: number,
  world: { readonly groups: number; readonly connections: boolean },
  most: number,
): PlainAction[] {
  const actions: PlainAction[] = [];
  const count = dice.below(most + 1);
  for (let i = 0; i < count; i++) {
    const action = randomAction(dice, known, table, world);
    actions.push(action);
    note(known, action);
  }
  return actions;
}

/** Actions of a group's bucket or of an action set. */
function setActions(dice: Dice, kind: PacketKind, groups: readonly number[]): PlainAction[] {
  const actions: PlainAction[] = [];
  const used = new Set<string>();
  for (let i = dice.below(3); i > 0; i--) {
    const field = dice.one(settable({ kind, vlan: undefined }).filter((f) => !meta.includes(f) || f.startsWith("reg")));
    if (used.has(field)) continue;
    used.add(field);
    actions.push({ kind: "set", field, value: dice.one(valuesOf(field)), mask: ones(bitsOf(field)) });
  }
  if (groups.length > 0 && dice.chance(20)) actions.push({ kind: "group", group: dice.one(groups) });
  else if (dice.chance(85)) actions.push({ kind: "output", port: dice.one(allPorts) });
  return actions;
}

function randomConditions(dice: Dice, kind: PacketKind, vlan: boolean, recirculated: boolean): Condition[] {
  const choice = [
    ...l2,
    ...fieldsOf[kind],
    ...meta,
    ...(vlan ? ["vlan_vid", "vlan_pcp"] : []),
    ...(recirculated ? ["ct_mark"] : []),
  ];
  const conditions: Condition[] = [];
  for (let i = dice.below(4); i > 0; i--) {
    const field = dice.one(choice);
    if (conditions.some((c) => c.field === field)) continue;
    const mask = maskFor(dice, field);
    conditions.push({ field, value: dice.one(valuesOf(field)) & mask, mask });
  }
  return conditions;
}

/** Bits of ct_state that a flow may demand. */
function ctCondition(dice: Dice): Condition {
  const [value, mask] = dice.one([
    [0x21n, 0x21n],
    [0x22n, 0x22n],
    [0x2an, 0x2an],
    [0n, 0x20n],
    [0x20n, 0x28n],
  ] as const);
  return { field: "ct_state", value, mask };
}

export interface RandomWorld {
  readonly rules: readonly PlainRule[];
  readonly groups: readonly PlainGroup[];
}

/** Tables and groups of a bridge with the ports 1 to 4. */
export function randomWorld(dice: Dice): RandomWorld {
  const groupCount = dice.below(4);
  const world = { groups: groupCount, connections: dice.chance(40) };
  const groups: PlainGroup[] = [];
  for (let id = groupCount; id >= 1; id--) {
    const type = dice.one(["all", "indirect", "ff"] as const);
    const later = groups.map((g) => g.id);
    const buckets = Array.from({ length: type === "indirect" ? 1 : 1 + dice.below(3) }, () => ({
      watchPort: type === "ff" ? dice.one([...PORTS, 9]) : undefined,
      actions: setActions(dice, "any", later),
    }));
    groups.push({ id, type, buckets });
  }
  const rules: PlainRule[] = [];
  const count = 12 + dice.below(50);
  for (let i = 0; i < count; i++) {
    const table = dice.chance(30) ? 0 : dice.below(TABLES);
    const kind = dice.chance(30) ? "any" : dice.one(kinds);
    const vlan = dice.chance(25) ? dice.one(["yes", "no"] as const) : undefined;
    const known: Known = { kind, vlan: vlan === "yes" ? true : vlan === "no" ? false : undefined };
    const tracked = world.connections && table > 0 && dice.chance(25);
    const conditions = randomConditions(dice, kind, vlan === "yes", tracked);
    if (tracked) conditions.push(ctCondition(dice));
    const actions = randomActions(dice, known, table, world, 6);
    if (dice.chance(8)) actions.push({ kind: "write_actions", actions: setActions(dice, kind, []) });
    if (dice.chance(10) && table + 1 < TABLES) {
      const load = dice.chance(50)
        ? { from: { field: "in_port", start: 0, bits: 16 }, to: { field: "reg3", start: 0, bits: 16 } }
        : undefined;
      const output = load ? undefined : { field: "in_port", start: 0, bits: 16 };
      const match = [{ to: whole("eth_dst"), from: whole("eth_src") }];
      actions.push({
        kind: "learn",
        table: table + 1 + dice.below(TABLES - table - 1),
        priority: 1000 + i,
        match,
        load,
        output,
      });
    }
    // Every priority of a table is another one: which of two equals wins is nobody's business.
    rules.push({ table, priority: i + 1, kind, vlan, conditions, actions });
  }
  return { rules, groups };
}

function put(bytes: number[], value: bigint, count: number): void {
  for (let i = count - 1; i >= 0; i--) bytes.push(Number((value >> BigInt(8 * i)) & 255n));
}

/** A frame as a host sends it. */
export function randomFrame(dice: Dice): Uint8Array {
  const bytes: number[] = [];
  const value = (field: string): bigint => dice.one(valuesOf(field));
  put(bytes, value("eth_dst"), 6);
  put(bytes, value("eth_src"), 6);
  if (dice.chance(30)) {
    put(bytes, dice.chance(80) ? 0x8100n : 0x88a8n, 2);
    put(bytes, (value("vlan_pcp") << 13n) | value("vlan_vid"), 2);
  }
  const kind = dice.one(kinds.filter((k) => k !== "any"));
  const { type = 0x0800, protocol = 253 } = kind === "mpls" ? packetKinds.udp : packetKinds[kind];
  put(bytes, BigInt(type), 2);
  network(dice, bytes, type, protocol, value);
  const frame = new PlainFrame(Uint8Array.from(bytes));
  frame.writeChecksums();
  const labels = kind === "mpls" ? 1 + dice.below(2) : 0;
  for (let i = 0; i < labels; i++) {
    const bottom = i === 0 ? 1n : 0n;
    const entry = (value("mpls_label") << 12n) | (value("mpls_tc") << 9n) | (bottom << 8n) | value("mpls_ttl");
    frame.pushLabel(0x8847, Number(entry));
  }
  return frame.bytes;
}

function network(dice: Dice, bytes: number[], type: number, protocol: number, value: (field: string) => bigint): void {
  if (type === 0x0806) {
    put(bytes, 0x0001080006040000n | value("arp_op"), 8);
    put(bytes, value("arp_sha"), 6);
    put(bytes, value("arp_spa"), 4);
    put(bytes, value("arp_tha"), 6);
    put(bytes, value("arp_tpa"), 4);
    return;
  }
  const body = transport(dice, protocol, value);
  if (type === 0x0800) {
    put(bytes, 0x45n, 1);
    put(bytes, (value("ip_dscp") << 2n) | value("ip_ecn"), 1);
    put(bytes, BigInt(20 + body.length), 2);
    put(bytes, 0x12340000n, 4);
    put(bytes, value("nw_ttl"), 1);
    put(bytes, BigInt(protocol), 1);
    put(bytes, 0n, 2);
    put(bytes, value("ip_src"), 4);
    put(bytes, value("ip_dst"), 4);
  } else {
    put(bytes, (6n << 28n) | (((value("ip_dscp") << 2n) | value("ip_ecn")) << 20n) | value("ipv6_label"), 4);
    put(bytes, BigInt(body.length), 2);
    put(bytes, BigInt(protocol), 1);
    put(bytes, value("nw_ttl"), 1);
    put(bytes, value("ipv6_src"), 16);
    put(bytes, value("ipv6_dst"), 16);
  }
  bytes.push(...body);
}

function transport(dice: Dice, protocol: number, value: (field: string) => bigint): number[] {
  const bytes: number[] = [];
  const payload = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  switch (protocol) {
    case 6:
      put(bytes, value("tcp_src"), 2);
      put(bytes, value("tcp_dst"), 2);
      put(bytes, 0x1122334455667788n, 8);
      put(bytes, 0x5000n | value("tcp_flags"), 2);
      put(bytes, 0x200000000000n, 6);
      break;
    case 17:
      put(bytes, value("udp_src"), 2);
      put(bytes, value("udp_dst"), 2);
      put(bytes, BigInt(8 + payload.length), 2);
      // Most have a checksum, which `writeChecksums` writes where this is not 0.
      put(bytes, dice.chance(90) ? 1n : 0n, 2);
      break;
    case 132:
      put(bytes, value("sctp_src"), 2);
      put(bytes, value("sctp_dst"), 2);
      put(bytes, 0n, 8);
      break;
    case 1:
      put(bytes, value("icmp_type"), 1);
      put(bytes, value("icmp_code"), 1);
      put(bytes, 0x00000001_0002n, 6);
      break;
    case 58:
      put(bytes, value("icmpv6_type"), 1);
      put(bytes, value("icmpv6_code"), 1);
      put(bytes, 0x00000001_0002n, 6);
      break;
  }
  return [...bytes, ...payload];
}

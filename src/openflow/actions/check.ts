import { setFieldBig, subfield } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { FRAG_LATER, MAX_VLANS, VLAN_PRESENT, W } from "#flow/layout.js";
import type { Match } from "#flow/match.js";
import { prerequisiteHolds } from "#flow/prerequisites.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { OfpError } from "../ofp-error.js";
import { OFPP } from "../port-number.js";
import { type ProtocolSet, ProtocolSets } from "../protocol.js";
import type { Subfield } from "../subfield.js";
import type { Action } from "./action.js";
import type { Learn } from "./learn.js";

/** What a switch sets to actions. All have a default that sets none. */
export interface ActionLimits {
  /** The protocols that may be used; one must be left. Default any. */
  readonly protocols?: ProtocolSet;
  /** Ports have smaller numbers than this. Default 0xff00. */
  readonly maxPorts?: number;
  /** The flow's table; 255 where it has none yet. */
  readonly tableId?: number;
  /** Number of tables; 255 for any. */
  readonly tableCount?: number;
  /** Takes what upstream logs of an error: module and words. */
  readonly warn?: (module: string, text: string) => void;
}

const HIGHEST_METER = 0xffff0000;

/** Protocols in which an action that the match does not fit is taken, and does nothing. */
const lenient: ProtocolSet = ProtocolSets.openflow10 | ProtocolSets.nxm;

/**
 * Checks actions against the match of their flow and a switch's limits, in the order that they are done, each knowing what those before it made of the
 * packet. Gives the protocols that are left: an action on a header that the match does not promise is taken in OpenFlow 1.0 only.
 * Throws `OfpError` with upstream's error: OFPBAC_MATCH_INCONSISTENT, OFPBAC_BAD_OUT_PORT, OFPBIC_BAD_TABLE_ID, ….
 */
export function checkActions(actions: readonly Action[], match: Match, limits: ActionLimits = {}): ProtocolSet {
  const left = new ActionChecker(match.key, limits, 0).all(actions);
  if (left === ProtocolSets.none) throw new OfpError("OFPBAC_MATCH_INCONSISTENT");
  return left;
}

/** What is known of the packet, of actions and of those within them: one key for each depth, used again. */
const known: FlowKey[] = [];
/** A packet of which nothing is known: a learnt flow's. */
const nothing: FlowKey = newKey();

class ActionChecker {
  /** What is known of the packet: the match, and what actions did. */
  readonly #key: FlowKey;
  readonly #limits: ActionLimits;
  /** The Ethernet type, which of a packet without an Ethernet header does not count. */
  #ethType: number;

  readonly #depth: number;

  constructor(key: FlowKey, limits: ActionLimits, depth: number) {
    this.#key = known[depth] ??= newKey();
    this.#key.set(key);
    this.#depth = depth;
    this.#limits = limits;
    this.#ethType = key[W.ethType]!;
    this.#settle();
  }

  /** Lets the type that prerequisites look at be the packet type's, where that is one. */
  #settle(): void {
    const packetType = this.#key[W.packetType]!;
    this.#key[W.ethType] = packetType >>> 16 === 1 ? packetType & 0xffff : this.#ethType;
  }

  all(actions: readonly Action[]): ProtocolSet {
    let left = this.#limits.protocols ?? ProtocolSets.any;
    for (const action of actions) {
      left &= this.#one(action) ? ProtocolSets.any : lenient;
      left &= nestedProtocols(this, action);
    }
    return left;
  }

  /** Actions within an action, on a packet of their own. */
  apart(actions: readonly Action[]): ProtocolSet {
    return new ActionChecker(this.#key, this.#limits, this.#depth + 1).all(actions);
  }

  /** False where the match does not fit, and OpenFlow 1.0 takes it all the same. */
  #one(action: Action): boolean {
    const key = this.#key;
    switch (action.kind) {
      case "output":
        this.#port(action.port, anyPort);
        return true;
      case "output_trunc":
        this.#port(action.port, somePort);
        return true;
      case "enqueue":
        this.#port(action.port, somePort);
        return true;
      case "output_reg":
        this.#source(action.source);
        return true;
      case "bundle":
        for (const port of action.members) this.#port(port, memberPort);
        if (action.destination !== undefined) this.#destination(action.destination);
        return true;
      case "multipath":
        this.#destination(action.destination);
        return true;
      case "strip_vlan":
        return this.#popVlan();
      case "push_vlan":
        this.#pushVlan();
        return true;
      case "set_vlan_vid":
      case "set_vlan_pcp": {
        const has = this.#hasVlan;
        key[W.vlan0] = key[W.vlan0]! | VLAN_PRESENT;
        return has || action.pushes;
      }
      case "mod_nw_src":
      case "mod_nw_dst":
        return key[W.ethType] === EtherType.ipv4;
      case "mod_nw_tos":
      case "mod_nw_ecn":
      case "mod_nw_ttl":
      case "dec_ttl":
        return this.#isIp;
      case "mod_tp_src":
      case "mod_tp_dst":
        return this.#hasPorts;
      case "fin_timeout":
        return prerequisiteHolds("tcp", key);
      case "set_mpls_label":
      case "set_mpls_tc":
      case "set_mpls_ttl":
      case "dec_mpls_ttl":
        return this.#isMpls;
      case "push_mpls": {
        const isEthernet = key[W.packetType] === 0;
        this.#opaque(action.value);
        return isEthernet;
      }
      case "pop_mpls": {
        const was = this.#isMpls && key[W.packetType] === 0;
        this.#opaque(action.value);
        return was;
      }
      case "set_field":
        this.#write(action.field, action.value);
        return true;
      case "load":
        this.#write(action.destination.field, action.value << BigInt(action.destination.start));
        return true;
      case "move":
        this.#source(action.source);
        this.#destination(action.destination);
        return true;
      case "push":
        this.#source(action.subfield);
        return true;
      case "pop":
        this.#destination(action.subfield);
        return true;
      case "resubmit":
        if (action.ct && !prerequisiteHolds("ct", key)) throw inconsistent("resubmit");
        return true;
      case "learn":
        this.#learn(action);
        return true;
      case "ct":
        this.#ct(action);
        return true;
      case "nat":
        if (action.addresses !== undefined && !this.#isFamily(action.addresses.first)) throw inconsistent("nat");
        return true;
      case "dec_nsh_ttl":
        return key[W.packetType] === NSH_PACKET || key[W.ethType] === EtherType.nsh;
      case "encap":
        this.#encap(action.packetType);
        return true;
      case "decap":
        this.#decap();
        return true;
      case "delete_field":
        if (action.field.tlv === undefined) throw new OfpError("OFPBAC_BAD_ARGUMENT", action.field.name);
        return true;
      case "meter":
        if (action.meterId === 0 || action.meterId > HIGHEST_METER) throw new OfpError("OFPMMFC_INVALID_METER");
        return true;
      case "goto_table":
        this.#goto(action.table);
        return true;
      default:
        return true;
    }
  }

  get #isIp(): boolean {
    const type = this.#key[W.ethType];
    return type === EtherType.ipv4 || type === EtherType.ipv6;
  }

  get #isMpls(): boolean {
    const type = this.#key[W.ethType];
    return type === EtherType.mpls || type === EtherType.mplsMulticast;
  }

  get #hasVlan(): boolean {
    return (this.#key[W.vlan0]! & VLAN_PRESENT) !== 0;
  }

  get #hasPorts(): boolean {
    const nw = this.#key[W.nw]!;
    return this.#isIp && ((nw >>> 24) & FRAG_LATER) === 0 && portProtocols.has(nw & 0xff);
  }

  #isFamily(address: NatAddress): boolean {
    return this.#key[W.ethType] === (address.length === 1 ? EtherType.ipv4 : EtherType.ipv6);
  }

  #port(port: number, reserved: ReadonlySet<number>): void {
    if (port < (this.#limits.maxPorts ?? OFPP.max) || reserved.has(port)) return;
    throw new OfpError("OFPBAC_BAD_OUT_PORT", `port ${port}`);
  }

  #source({ field: f }: Subfield, role = "source"): void {
    if (prerequisiteHolds(f.prerequisite, this.#key)) return;
    this.#limits.warn?.("meta_flow", `${role} field ${f.name} lacks correct prerequisites`);
    throw inconsistent(f.name);
  }

  #destination(subfield: Subfield): void {
    this.#source(subfield, "destination");
    const { name, writable } = subfield.field;
    if (writable) return;
    this.#limits.warn?.("meta_flow", `destination field ${name} is not writable`);
    throw new OfpError("OFPBAC_BAD_SET_ARGUMENT", name);
  }

  #write(f: Field, value: bigint): void {
    const needsVlan = f.name === "vlan_vid" || f.name === "vlan_pcp";
    if (!prerequisiteHolds(f.prerequisite, this.#key) || (needsVlan && !this.#hasVlan)) {
      this.#limits.warn?.("ofp_actions", `set_field ${f.name} lacks correct prerequisites`);
      throw inconsistent(f.name);
    }
    if (f.name === "vlan_tci") this.#key[W.vlan0] = Number(value & 0xffffn);
  }

  #pushVlan(): void {
    const key = this.#key;
    if (MAX_VLANS > 1 && (key[W.vlan0 + MAX_VLANS - 1]! & VLAN_PRESENT) !== 0) throw new OfpError("OFPBAC_BAD_TAG");
    for (let i = MAX_VLANS - 1; i > 0; i--) key[W.vlan0 + i] = key[W.vlan0 + i - 1]!;
    key[W.vlan0] = VLAN_PRESENT;
  }

  #popVlan(): boolean {
    const key = this.#key;
    const has = this.#hasVlan;
    for (let i = 0; i < MAX_VLANS - 1; i++) key[W.vlan0 + i] = key[W.vlan0 + i + 1]!;
    key[W.vlan0 + MAX_VLANS - 1] = 0;
    return has;
  }

  /** The packet is of this type now, and what lies behind it is not known. */
  #opaque(ethertype: number): void {
    this.#ethType = ethertype;
    this.#key[W.nw] = this.#key[W.nw]! & ~0xff;
    this.#settle();
  }

  #encap(packetType: number): void {
    this.#key[W.packetType] = packetType;
    if (packetType !== 0) this.#opaque(packetType & 0xffff);
    this.#settle();
  }

  /** An Ethernet header goes: its type is the packet's. Of another packet the inner type is not known. */
  #decap(): void {
    const key = this.#key;
    if (key[W.packetType] === 0) {
      key[W.packetType] = 0x10000 | key[W.ethType]!;
      return;
    }
    key[W.packetType] = 0xffffffff;
    this.#opaque(0);
  }

  #ct(action: Action & { readonly kind: "ct" }): void {
    if (!this.#isIp) throw inconsistent("ct");
    if (typeof action.zone !== "number") this.#source(action.zone);
    const wanted = algProtocols.get(action.alg);
    if (wanted !== undefined && (this.#key[W.nw]! & 0xff) !== wanted) throw inconsistent("ct alg");
  }

  #goto(table: number): void {
    const { tableId = 255, tableCount = 255 } = this.#limits;
    const isBack = tableId !== 255 && table <= tableId;
    if (isBack || (tableCount !== 255 && table >= tableCount)) throw new OfpError("OFPBIC_BAD_TABLE_ID");
  }

  /** What is copied must be in the packet; what the learnt flow says must fit what it said before. */
  #learn({ specs }: Learn): void {
    const learnt = new ActionChecker(nothing, this.#limits, this.#depth + 1);
    for (const spec of specs) {
      if (typeof spec.source !== "bigint") this.#source(spec.source);
      if (spec.kind === "load") learnt.#destination(spec.destination);
      else if (spec.kind === "match") {
        learnt.#source(spec.destination);
        if (typeof spec.source === "bigint")
          setFieldBig(
            learnt.#key,
            subfield(spec.destination.field, spec.destination.start, spec.destination.bits),
            spec.source,
          );
      }
    }
  }
}

type NatAddress = NonNullable<(Action & { readonly kind: "nat" })["addresses"]>["first"];

function nestedProtocols(checker: ActionChecker, action: Action): ProtocolSet {
  if (action.kind === "clone" || action.kind === "ct") {
    return action.actions.length === 0 ? ProtocolSets.any : checker.apart(action.actions);
  }
  // An action set is done on whatever the packet is then.
  if (action.kind === "write_actions") checker.apart(action.actions);
  return ProtocolSets.any;
}

const inconsistent = (what: string): OfpError => new OfpError("OFPBAC_MATCH_INCONSISTENT", what);

const NSH_PACKET = 0x10000 | EtherType.nsh;

const portProtocols: ReadonlySet<number> = new Set([IpProtocol.tcp, IpProtocol.udp, IpProtocol.sctp]);

/** The protocol of the helpers of `ct(alg=…)`, by their ports: ftp and tftp. */
const algProtocols: ReadonlyMap<number, number> = new Map([
  [21, IpProtocol.tcp],
  [69, IpProtocol.udp],
]);

const anyPort: ReadonlySet<number> = new Set([
  ...[OFPP.inPort, OFPP.table, OFPP.normal, OFPP.flood, OFPP.all, OFPP.controller, OFPP.local],
]);
const somePort: ReadonlySet<number> = new Set([OFPP.inPort, OFPP.local]);
const memberPort: ReadonlySet<number> = new Set([...anyPort, OFPP.none]);

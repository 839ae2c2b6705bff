import { type Entry, entryWithin, isVisible, NEVER, type Version } from "#flow/classifier-entry.js";
import type { Clause } from "#flow/conjunctions.js";
import type { Match } from "#flow/match.js";
import { type CompactValues, expand, type MaskShape, shapeOf } from "#flow/shape.js";
import type { TlvMap } from "#flow/tlv-map.js";
import type { Action } from "#openflow/actions/action.js";
import { FLOW_MOD_MATCH, type FlowModReader, readFlowBytes } from "#openflow/templates/flow-mod-reader.js";
import type { Version as OpenFlowVersion } from "#openflow/version.js";
import type { RuleEffect } from "../effect.js";
import type { FlowPages } from "./flow-pages.js";
import { sharedActions } from "./shared-actions.js";

/** Rules of greater priority are the switch's own, hidden from controllers. */
const HIGHEST_PRIORITY = 65535;

/** What a flow entry is made of. Times in clock milliseconds. */
export interface RuleInit {
  readonly tableId: number;
  readonly priority: number;
  readonly match: Match;
  /** Undefined where the bytes tell. */
  readonly actions: readonly Action[] | undefined;
  readonly cookie?: bigint;
  /** Instead of `cookie`: its halves. */
  readonly cookieHigh?: number;
  readonly cookieLow?: number;
  /** See `Rule.wire`. */
  readonly page?: Uint8Array | undefined;
  readonly place?: number;
  /** Seconds; 0 for never. */
  readonly idleTimeout?: number;
  readonly hardTimeout?: number;
  readonly importance?: number;
  /** Bits of `FlowFlag`. */
  readonly flags?: number;
  readonly now: number;
}

const LOW_HALF = 0xffffffffn;

/** A cookie and the bits of it that matter, in halves. */
export interface CookieBits {
  readonly high: number;
  readonly low: number;
  readonly highMask: number;
  readonly lowMask: number;
}

/** A cookie and mask of 64 bits, in halves. */
export function cookieBits(cookie: bigint, mask: bigint): CookieBits {
  const half = (value: bigint): number => Number(value & LOW_HALF) | 0;
  return { high: half(cookie >> 32n), low: half(cookie), highMask: half(mask >> 32n), lowMask: half(mask) };
}

/** A match that is compact already. */
interface RuleMatch {
  readonly shape: MaskShape;
  readonly values: CompactValues;
  readonly tlvs: TlvMap | undefined;
}

/**
 * An OpenFlow flow entry. Its match, priority, actions and cookie never change: a modification makes another rule, which begins with what
 * this one counted. Counters grow as datapath flows are credited.
 */
export class Rule {
  readonly tableId: number;
  readonly priority: number;
  /** The match, compact: its mask, and its key's words that the mask has bits in. */
  readonly shape: MaskShape;
  readonly values: CompactValues;
  /** Where a match has tunnel metadata. */
  readonly #tlvs: TlvMap | undefined;
  #effect: RuleEffect | undefined;
  #successor: { readonly rule: Rule; readonly counts: boolean } | undefined;
  #actions: readonly Action[] | undefined;
  /** Match and instructions as a controller sent them, in a page that several flows share; where `#actions` is to be read from on demand. */
  readonly #page: Uint8Array | undefined;
  /** Place:16 and length:13 in `#page`, in units of 8 bytes, and the version:3. */
  readonly #place: number;
  /** The cookie's halves, signed: cheaper to compare and keep than one number of 64 bits. */
  readonly cookieHigh: number;
  readonly cookieLow: number;
  /** Seconds; 0 for never. `fin_timeout` lowers them. */
  idleTimeout: number;
  hardTimeout: number;
  readonly importance: number;
  readonly flags: number;
  /** Clock milliseconds: when the flow was added, was last changed (its hard timeout begins there), and last had a packet. */
  created: number;
  modified: number;
  used: number;
  packets = 0;
  bytes = 0;
  /** Its place in a table's classifier; the tables' own. */
  entry: Entry<Rule> | undefined = undefined;
  /** Its neighbours among rules of its cookie; the cookie index's own. */
  cookieBefore: Rule | undefined = undefined;
  cookieAfter: Rule | undefined = undefined;

  constructor(init: RuleInit, like?: RuleMatch) {
    this.tableId = init.tableId;
    this.priority = init.priority;
    if (like === undefined) {
      this.shape = shapeOf(init.match.mask);
      this.values = new Array<number>(this.shape.words.length);
      this.shape.gather(init.match.key, this.values, 0);
      this.#tlvs = init.match.tlvs;
    } else {
      this.shape = like.shape;
      this.values = like.values;
      this.#tlvs = like.tlvs;
    }
    this.#actions = init.actions;
    this.#page = init.page;
    this.#place = init.place ?? 0;
    if (init.cookie === undefined) {
      this.cookieHigh = init.cookieHigh ?? 0;
      this.cookieLow = init.cookieLow ?? 0;
    } else {
      this.cookieHigh = Number(init.cookie >> 32n) | 0;
      this.cookieLow = Number(init.cookie & LOW_HALF) | 0;
    }
    this.idleTimeout = init.idleTimeout ?? 0;
    this.hardTimeout = init.hardTimeout ?? 0;
    this.importance = init.importance ?? 0;
    this.flags = init.flags ?? 0;
    this.created = init.now;
    this.modified = init.now;
    this.used = init.now;
  }

  /**
   * The flow of an addition that a reader has just read: what it does is read when somebody asks. `bytes` is the message; match and instructions are kept in
   * `pages`.
   */
  static read(reader: FlowModReader, bytes: Uint8Array, pages: FlowPages, now: number): Rule {
    const { shape, actions } = reader.template!;
    const values = new Array<number>(shape.words.length);
    reader.gather(bytes, values, 0);
    const at = pages.keep(bytes, FLOW_MOD_MATCH);
    const place = ((at >> 3) << 16) | (((bytes.length - FLOW_MOD_MATCH) >> 3) << 3) | reader.version;
    const init: RuleInit = {
      tableId: reader.table,
      priority: reader.priority,
      match: noMatch,
      actions,
      cookieHigh: reader.cookieHigh,
      cookieLow: reader.cookieLow,
      idleTimeout: reader.idleTimeout,
      hardTimeout: reader.hardTimeout,
      importance: reader.importance,
      flags: reader.flags,
      page: pages.page,
      place,
      now,
    };
    return new Rule(init, { shape, values, tlvs: undefined });
  }

  get actions(): readonly Action[] {
    return (this.#actions ??= sharedActions(
      readFlowBytes(this.wire(this.#place & 7)!, (this.#place & 7) as OpenFlowVersion).actions,
    ));
  }

  /** Match and instructions as bytes of an OpenFlow version, where they are there so; not to be changed. */
  wire(version: number): Uint8Array | undefined {
    if (this.#page === undefined || (this.#place & 7) !== version) return undefined;
    const at = (this.#place >>> 16) << 3;
    return this.#page.subarray(at, at + (((this.#place >> 3) & 0x1fff) << 3));
  }

  /** True where its actions name nothing that a bridge has, and are no part of conjunctions: without reading them. */
  get isPlain(): boolean {
    return this.#page !== undefined;
  }

  /** What it is to a packet that matches it: the same object for all packets. */
  get effect(): RuleEffect {
    this.#effect ??= { kind: "rule", rule: this };
    return this.#effect;
  }

  /** It is there from `now` on, and not since it was made. */
  begin(now: number): void {
    this.created = now;
    this.modified = now;
    this.used = now;
  }

  /** A flow of the same table, priority, timeouts and flags in this one's place, with other actions; `cookie` where that is another. */
  modifiedBy(actions: readonly Action[], cookie: bigint | undefined, now: number): Rule {
    const init: RuleInit = {
      tableId: this.tableId,
      priority: this.priority,
      match: noMatch,
      actions,
      cookie: cookie ?? this.cookie,
      idleTimeout: this.idleTimeout,
      hardTimeout: this.hardTimeout,
      importance: this.importance,
      flags: this.flags,
      now,
    };
    const rule = new Rule(init, { shape: this.shape, values: this.values, tlvs: this.#tlvs });
    rule.created = this.created;
    return rule;
  }

  get cookie(): bigint {
    return (BigInt(this.cookieHigh >>> 0) << 32n) | BigInt(this.cookieLow >>> 0);
  }

  /** True where the cookie equals another in the bits of a mask. */
  hasCookie({ high, low, highMask, lowMask }: CookieBits): boolean {
    return ((this.cookieHigh ^ high) & highMask) === 0 && ((this.cookieLow ^ low) & lowMask) === 0;
  }

  /** What it matches, as keys of its own: made anew each time. */
  get match(): Match {
    const match = { key: expand(this.shape, this.values), mask: this.shape.mask };
    return this.#tlvs === undefined ? match : { ...match, tlvs: this.#tlvs };
  }

  /** The switch's own; controllers neither see nor change it. */
  get isHidden(): boolean {
    return this.priority > HIGHEST_PRIORITY;
  }

  /** True where every packet of it is one of the given match. */
  isWithin(match: Match): boolean {
    return this.entry !== undefined && entryWithin(this.entry, match);
  }

  /** True where it has a timeout. */
  get mayExpire(): boolean {
    return this.idleTimeout !== 0 || this.hardTimeout !== 0;
  }

  /** True where lookups at a version see it. */
  isVisible(version: Version): boolean {
    return this.entry !== undefined && isVisible(this.entry, version);
  }

  /** True while nothing has taken it out of its table, published or not. */
  get isLive(): boolean {
    return this.entry?.removed === NEVER;
  }

  /** Another flow takes this one's place: what packets of it are credited later is that one's; `counts` says whether their number is. */
  succeededBy(rule: Rule, counts: boolean): void {
    this.#successor = { rule, counts };
  }

  /** Packets of this flow. `used`: clock milliseconds of the last of them. */
  credit(packets: number, bytes: number, used: number): void {
    let rule: Rule = this;
    let counts = true;
    for (let next = rule.#successor; next !== undefined; next = rule.#successor) {
      counts &&= next.counts;
      rule = next.rule;
    }
    if (used > rule.used) rule.used = used;
    if (!counts) return;
    rule.packets += packets;
    rule.bytes += bytes;
  }

  /** The parts of conjunctions that it is, undefined where it is none. */
  get clauses(): readonly Clause[] | undefined {
    if (this.isPlain) return undefined;
    if (this.actions[0]?.kind !== "conjunction" && this.actions[0]?.kind !== "note") return undefined;
    const clauses = this.actions.filter((a) => a.kind === "conjunction");
    return clauses.length === 0 ? undefined : clauses;
  }
}

/** Where the match is another rule's. */
const noMatch: Match = { key: new Uint32Array(0), mask: new Uint32Array(0) };

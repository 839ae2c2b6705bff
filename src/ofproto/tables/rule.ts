import { type Entry, entryWithin, isVisible, NEVER, type Version } from "#flow/classifier-entry.js";
import type { Clause } from "#flow/conjunctions.js";
import type { Match } from "#flow/match.js";
import { type CompactValues, expand, type MaskShape, shapeOf } from "#flow/shape.js";
import type { TlvMap } from "#flow/tlv-map.js";
import type { Action } from "#openflow/actions/action.js";

/** Rules of greater priority are the switch's own, hidden from controllers. */
const HIGHEST_PRIORITY = 65535;

/** What a flow entry is made of. Times in clock milliseconds. */
export interface RuleInit {
  readonly tableId: number;
  readonly priority: number;
  readonly match: Match;
  readonly actions: readonly Action[];
  readonly cookie?: bigint;
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
  readonly #tlvs: TlvMap | undefined;
  #successor: { readonly rule: Rule; readonly counts: boolean } | undefined;
  readonly actions: readonly Action[];
  /** The cookie's halves, signed: cheaper to compare and keep than one number of 64 bits. */
  readonly #cookieHigh: number;
  readonly #cookieLow: number;
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

  constructor(init: RuleInit, like?: Rule) {
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
      this.#tlvs = like.#tlvs;
    }
    this.actions = init.actions;
    const { cookie = 0n } = init;
    this.#cookieHigh = Number(cookie >> 32n) | 0;
    this.#cookieLow = Number(cookie & LOW_HALF) | 0;
    this.idleTimeout = init.idleTimeout ?? 0;
    this.hardTimeout = init.hardTimeout ?? 0;
    this.importance = init.importance ?? 0;
    this.flags = init.flags ?? 0;
    this.created = init.now;
    this.modified = init.now;
    this.used = init.now;
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
    const rule = new Rule(init, this);
    rule.created = this.created;
    return rule;
  }

  get cookie(): bigint {
    return (BigInt(this.#cookieHigh >>> 0) << 32n) | BigInt(this.#cookieLow >>> 0);
  }

  /** True where the cookie equals another in the bits of a mask. */
  hasCookie({ high, low, highMask, lowMask }: CookieBits): boolean {
    return ((this.#cookieHigh ^ high) & highMask) === 0 && ((this.#cookieLow ^ low) & lowMask) === 0;
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
    if (this.actions[0]?.kind !== "conjunction" && this.actions[0]?.kind !== "note") return undefined;
    const clauses = this.actions.filter((a) => a.kind === "conjunction");
    return clauses.length === 0 ? undefined : clauses;
  }
}

/** Where the match is another rule's. */
const noMatch: Match = { key: new Uint32Array(0), mask: new Uint32Array(0) };

import type { FlowKey } from "#flow/key.js";
import { CtState, W } from "#flow/layout.js";
import type { LeaseMemory } from "#host/lease-memory.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { Frame } from "../userspace/frames/frame.js";
import { chooseNat, type NatSearch } from "./choose-nat.js";
import { ConnectionIndex } from "./connection-index.js";
import {
  C,
  F_DNAT,
  F_HELPER,
  F_LISTED,
  F_PHASE,
  F_RELATED,
  F_SNAT,
  F_USED,
  HELPER_SHIFT,
  PHASE_SHIFT,
  POLICY_SHIFT,
  PORTS,
  TICKS,
  TUPLE_WORDS,
} from "./connection-layout.js";
import { ConnectionPool } from "./connection-pool.js";
import type { CtExpectation } from "./connection-tracking.js";
import type { CtStep } from "./ct-step.js";
import { tupleOf } from "./describe-tuple.js";
import { expectReply } from "./expect-reply.js";
import { type Expectation, Expectations } from "./expectations.js";
import { ExpiryWheel } from "./expiry-wheel.js";
import { helpFtp, helpTftp } from "./helpers.js";
import { Leases, leftIn } from "./leases.js";
import { readInner, readPacket } from "./read-packet.js";
import { SequenceShifts } from "./sequence-shift.js";
import {
  areTcpFlagsValid,
  beginsTcp,
  beginTcp,
  followTcp,
  isSteady,
  tcpOutcome,
  VERDICT_BEGINS,
  VERDICT_INVALID,
  VERDICT_STILL_NEW,
  VERDICT_VALID,
} from "./tcp-tracker.js";
import { Timeout, TimeoutPolicies } from "./timeouts.js";
import { clearCt, natBits, writeConnection, writeTuple } from "./tracked-key.js";
import { newTrackedPacket } from "./tracked-packet.js";
import { translateAddress, translateInner, translatePacket } from "./translate-frame.js";
import { hashTuple, isIcmp, isIcmpRequest, newTuple, protocolOf, reverseTuple, TUPLE_ID, type Tuple } from "./tuple.js";
import { ZoneLimits } from "./zone-limits.js";

/** What becomes of a packet: it goes on, or it is dropped since no address and port were left to translate it to. */
export const CT_GOES_ON = 0;
export const CT_EXHAUSTED = 1;

const DEFAULT_MOST = 3_000_000;
/** Connections looked at for their end in passing, with each packet that begins one. */
const SWEEP_IN_PASSING = 8;

/**
 * Connection tracking of one datapath: packets in, their state written to their keys. It reads no clock: the time, in milliseconds, is an argument, and may
 * not go back. A packet of a known connection costs one lookup and allocates nothing.
 */
export class Conntrack implements NatSearch {
  readonly pool: ConnectionPool = new ConnectionPool();
  readonly #index = new ConnectionIndex(this.pool);
  readonly #wheel = new ExpiryWheel(this.pool, 0);
  readonly limits: ZoneLimits = new ZoneLimits();
  readonly policies: TimeoutPolicies = new TimeoutPolicies();
  readonly #expectations = new Expectations();
  readonly #shifts = new SequenceShifts();
  /** Of connections that others announced: the original tuple of the other. */
  readonly #parents = new Map<number, Tuple>();
  readonly random: () => number;
  seed: number;
  readonly #packet = newTrackedPacket();
  readonly #reversed = newTuple();
  readonly #inner = newTuple();
  #leases: Leases | undefined;
  /** Milliseconds that ticks are ahead of the time that is told. */
  #ahead = 0;
  #tick = 0;
  checksSequences = true;
  maxConnections: number = DEFAULT_MOST;
  /** Packets whose connection did not become known since there were too many, and those for which no translation was left. */
  full = 0;
  exhausted = 0;

  constructor(random: () => number) {
    this.random = random;
    this.seed = Math.floor(random() * 0x100000000) >>> 0;
  }

  /** Tells what time it is. */
  setTime(milliseconds: number): void {
    this.#tick = Math.floor(((milliseconds + this.#ahead) * TICKS) / 1000) >>> 0;
  }

  /**
   * Has the kernel follow connections that are established, by this memory; or none any more. On return the memory used before is not used. Where nothing has been tracked yet, connections that are
   * in the memory are taken over, among them those that the kernel follows.
   */
  lease(memory: LeaseMemory | undefined, milliseconds: number): void {
    this.#leases?.close();
    this.#leases = undefined;
    if (memory === undefined) return;
    const leases = new Leases(memory, this.pool);
    this.#leases = leases;
    const left = this.pool.end === 0 ? leftIn(memory) : undefined;
    if (left === undefined) {
      leases.begin(this.seed, milliseconds + this.#ahead);
      return;
    }
    this.seed = left.seed;
    this.#ahead = left.ahead + memory.monotonic() - milliseconds;
    this.setTime(milliseconds);
    // The wheel, which is empty, turns to this time: what is put into it comes up when it is over.
    this.sweep(0);
    this.pool.adopt(memory.rows, (id) => this.#isIntact(id, leases));
    for (let id = 0; id < this.pool.end; id++) {
      const w = this.pool.words(id);
      const at = this.pool.row(id);
      if ((w[at + C.flags]! & F_USED) === 0) continue;
      // Policies have other numbers now.
      w[at + C.flags]! &= (1 << POLICY_SHIFT) - 1;
      this.#index.insert(id);
      this.#wheel.add(id);
      this.limits.add(w[at + C.id]! >>> 16, 1);
    }
  }

  /** Whether a row that another has left is a connection, whole and not over. */
  #isIntact(id: number, leases: Leases): boolean {
    const w = this.pool.words(id);
    const at = this.pool.row(id);
    const hashOf = (tuple: number): number => {
      const t = this.#reversed;
      for (let i = 0; i < TUPLE_WORDS; i++) t[i] = w[at + tuple + i]!;
      t[TUPLE_ID] = w[at + C.id]!;
      return hashTuple(t, this.seed);
    };
    const isWhole = w[at + C.hash] === hashOf(C.original) && w[at + C.hash + 1] === hashOf(C.reply);
    if (isWhole && this.isAlive(id)) return true;
    leases.forget(id);
    return false;
  }

  /** Takes back what the kernel follows: packets that come next are asked anew. */
  endLeases(): void {
    this.#leases?.endAll();
  }

  get tick(): number {
    return this.#tick;
  }

  parent(id: number): Tuple | undefined {
    return this.#parents.get(id);
  }

  /** True where a row is a connection that has not expired. */
  isAlive(id: number): boolean {
    const w = this.pool.words(id);
    const at = this.pool.row(id);
    return (w[at + C.flags]! & F_USED) !== 0 && ((w[at + C.expires]! - this.#tick) | 0) > 0;
  }

  /** Connections that exist, expired ones that have not been swept yet left out. */
  get count(): number {
    this.sweep(Number.POSITIVE_INFINITY);
    return this.pool.count;
  }

  /** Forgets connections whose time is over, looking at `budget` of them at most. True where there is more to do. */
  sweep(budget: number): boolean {
    this.#expectations.sweep(this.#tick);
    return this.#wheel.sweep(this.#tick, budget, (id) => this.remove(id));
  }

  remove(id: number): void {
    const w = this.pool.words(id);
    const at = this.pool.row(id);
    if ((w[at + C.flags]! & F_LISTED) !== 0) this.#leases?.forget(id);
    this.#index.remove(id);
    this.#wheel.remove(id);
    this.limits.add(w[at + C.id]! >>> 16, -1);
    w[at + C.flags] = 0;
    this.pool.give(id);
    if (this.#parents.size > 0) this.#parents.delete(id);
    this.#shifts.forget(id);
  }

  /** Forgets every connection and what they announced. */
  clear(): void {
    for (let id = 0; id < this.pool.end; id++) {
      if ((this.pool.words(id)[this.pool.row(id) + C.flags]! & F_USED) !== 0) this.remove(id);
    }
    this.forgetExpectations();
  }

  /** Forgets what connections have announced. */
  forgetExpectations(): void {
    this.#expectations.clear();
  }

  /** What connections have announced and has not come. */
  expected(): CtExpectation[] {
    return this.#expectations.list(this.#tick).map(([tuple, { parent }]) => ({
      protocol: protocolOf(tuple[TUPLE_ID]!),
      zone: tuple[TUPLE_ID]! >>> 16,
      original: tupleOf(tuple, 0, tuple[TUPLE_ID]!),
      parent: tupleOf(parent, 0, parent[TUPLE_ID]!),
    }));
  }

  isFree(tuple: Tuple): boolean {
    return this.#find(tuple) < 0;
  }

  /** The entry (2 * number + direction) of a tuple, or -1. One that has expired is forgotten. */
  #find(tuple: Tuple): number {
    const entry = this.#index.find(tuple, hashTuple(tuple, this.seed));
    if (entry < 0) return entry;
    const expires = this.pool.words(entry >> 1)[this.pool.row(entry >> 1) + C.expires]!;
    if (((expires - this.#tick) | 0) > 0) return entry;
    this.remove(entry >> 1);
    return this.#find(tuple);
  }

  /** Tracks a packet that is whole. `key` must say what `frame` holds; afterwards it has the connection's state, too. */
  track(frame: Frame, key: FlowKey, step: CtStep): typeof CT_GOES_ON | typeof CT_EXHAUSTED {
    const p = this.#packet;
    const before = key[W.ctState]!;
    const wasTranslated =
      (before & (CtState.snat | CtState.dnat)) !== 0 && (key[W.ctZone]! & 0xffff) === step.zone
        ? before & (CtState.snat | CtState.dnat)
        : 0;
    this.refuse(key, step.zone);
    if (!readPacket(frame, key, step.zone, p)) return CT_GOES_ON;
    if (p.inner >= 0) {
      this.#trackError(frame, key, step);
      return CT_GOES_ON;
    }
    let entry = wasTranslated === 0 ? -1 : this.#findTranslated();
    const isTranslated = entry >= 0;
    if (!isTranslated) entry = this.#find(p.tuple);
    if (entry >= 0 && step.commit && step.force && (entry & 1) === 1) {
      this.remove(entry >> 1);
      entry = -1;
    }
    if (entry >= 0) {
      const verdict = this.#follow(frame, key, step, entry, isTranslated ? wasTranslated : -1);
      if (verdict !== VERDICT_BEGINS) return CT_GOES_ON;
      this.remove(entry >> 1);
    }
    return this.#begin(frame, key, step);
  }

  /** Writes to the key of a packet that it is nothing that can be tracked. */
  refuse(key: FlowKey, zone: number): void {
    clearCt(key);
    key[W.ctZone] = zone;
    key[W.ctState] = CtState.trk | CtState.inv;
  }

  /** The entry of a packet that was translated by an earlier `ct` of this zone. */
  #findTranslated(): number {
    const p = this.#packet;
    const entry = this.#find(reverseTuple(p.tuple, 0, p.tuple[TUPLE_ID]!, this.#reversed));
    return entry < 0 ? -1 : entry ^ 1;
  }

  /** A packet of a known connection. `translated` are the translation bits it has already, or -1. */
  #follow(frame: Frame, key: FlowKey, step: CtStep, entry: number, translated: number): number {
    const p = this.#packet;
    const id = entry >> 1;
    const direction = (entry & 1) as 0 | 1;
    const w = this.pool.words(id);
    const at = this.pool.row(id);
    if (w[at + C.lease] !== 0) this.#leases?.end(id);
    let verdict: number = VERDICT_VALID;
    if (p.protocol === IpProtocol.tcp) {
      if (translated < 0) this.#shifts.acknowledge(id, direction, frame, p);
      verdict = followTcp(w, at, direction, p, this.checksSequences);
      if (tcpOutcome.timeout >= 0) this.#prolong(id, w, at, tcpOutcome.timeout);
    } else verdict = this.#followPhase(id, w, at, direction);
    if (verdict === VERDICT_INVALID || verdict === VERDICT_BEGINS) return verdict;
    let state: number = CtState.trk;
    if (verdict === VERDICT_STILL_NEW) state |= CtState.new;
    else state |= direction === 0 ? CtState.est : CtState.est | CtState.rpl;
    const flags = w[at + C.flags]!;
    if ((flags & F_RELATED) !== 0) state |= CtState.rel;
    if (step.commit) setMarks(w, at, step);
    if (translated < 0 && (flags & F_HELPER) !== 0) this.#help(frame, w, at, id, direction);
    if (translated >= 0) state |= translated;
    else {
      if (p.protocol === IpProtocol.tcp) this.#shifts.shift(id, direction, frame, p);
      if (step.nat !== undefined && (flags & (F_SNAT | F_DNAT)) !== 0) {
        state |= this.#translate(frame, key, w, at, direction);
      }
    }
    writeConnection(key, w, at, state, this.#parentOf(flags, id));
    if (this.#leases !== undefined && verdict === VERDICT_VALID) this.#offer(this.#leases, w, at, id);
    return verdict;
  }

  /** Lets the kernel follow a connection from now on, if that is as it would be here. The packet is one of its own. */
  #offer(leases: Leases, w: Uint32Array, at: number, id: number): void {
    if ((w[at + C.flags]! & (F_HELPER | F_RELATED)) !== 0) return;
    if (this.#packet.protocol === IpProtocol.tcp && (tcpOutcome.timeout < 0 || !isSteady(w, at))) return;
    leases.grant(id, (w[at + C.expires]! - this.#tick) >>> 0);
  }

  #followPhase(id: number, w: Uint32Array, at: number, direction: number): number {
    const protocol = this.#packet.protocol;
    const phase = (w[at + C.flags]! & F_PHASE) >>> PHASE_SHIFT;
    const now = direction === 1 || phase === 2 ? 2 : 1;
    if (now !== phase) w[at + C.flags] = (w[at + C.flags]! & ~F_PHASE) | (now << PHASE_SHIFT);
    let timeout: number;
    if (protocol === IpProtocol.udp) timeout = now === 2 ? Timeout.udpMultiple : Timeout.udpSingle;
    else if (isIcmp(protocol)) timeout = now === 2 ? Timeout.icmpReply : Timeout.icmpFirst;
    else timeout = now === 2 ? Timeout.otherMultiple : Timeout.otherSingle;
    this.#prolong(id, w, at, timeout);
    return now === 2 ? VERDICT_VALID : VERDICT_STILL_NEW;
  }

  #prolong(id: number, w: Uint32Array, at: number, timeout: number): void {
    const old = w[at + C.expires]!;
    const expires = (this.#tick + this.policies.ticks(w[at + C.flags]! >>> POLICY_SHIFT, timeout)) >>> 0;
    w[at + C.expires] = expires;
    if (((expires - old) | 0) < 0) this.#wheel.hasten(id);
  }

  #help(frame: Frame, w: Uint32Array, at: number, id: number, direction: 0 | 1): void {
    const helper = (w[at + C.flags]! & F_HELPER) >>> HELPER_SHIFT;
    const p = this.#packet;
    const books = { expectations: this.#expectations, shifts: this.#shifts, tick: this.#tick };
    if (helper === 1 && p.protocol === IpProtocol.tcp && frame.offload.gsoType === 0) {
      helpFtp(frame, p, w, at, id, direction, books);
    } else if (helper === 2 && p.protocol === IpProtocol.udp && direction === 0) helpTftp(frame, p, w, at, books);
  }

  /** Translates a packet as its connection is; returns the bits of its state that say so. */
  #translate(frame: Frame, key: FlowKey, w: Uint32Array, at: number, direction: number): number {
    const id = w[at + C.id]!;
    const other = at + (direction === 0 ? C.reply : C.original);
    translatePacket(frame, key, this.#packet, reverseTuple(w, other, id, this.#reversed), 0);
    return natBits(w[at + C.flags]!, direction);
  }

  /** A packet that no connection knows. */
  #begin(frame: Frame, key: FlowKey, step: CtStep): typeof CT_GOES_ON | typeof CT_EXHAUSTED {
    const p = this.#packet;
    const t = p.tuple;
    if (p.protocol === IpProtocol.tcp) {
      if (!areTcpFlagsValid(p.flags) || !beginsTcp(p.flags)) return CT_GOES_ON;
    } else if (isIcmp(p.protocol) && !isIcmpRequest(p.protocol, (t[PORTS]! >>> 8) & 0xff)) return CT_GOES_ON;
    const expected = this.#expectations.find(t, this.#tick);
    const state = CtState.trk | CtState.new | (expected === undefined ? 0 : CtState.rel);
    key[W.ctState] = state;
    writeTuple(key, expected?.parent ?? t, 0, expected?.parent[TUPLE_ID] ?? t[TUPLE_ID]!);
    if (expected !== undefined) {
      key[W.ctMark] = expected.mark;
      key.set(expected.label, W.ctLabel);
    }
    if (!step.commit) return CT_GOES_ON;
    this.sweep(SWEEP_IN_PASSING);
    if (this.pool.count >= this.maxConnections || this.limits.isFull(step.zone)) {
      this.full++;
      return CT_GOES_ON;
    }
    return this.#commit(frame, key, step, state, expected);
  }

  #commit(
    frame: Frame,
    key: FlowKey,
    step: CtStep,
    state: number,
    expected: Expectation | undefined,
  ): typeof CT_GOES_ON | typeof CT_EXHAUSTED {
    const p = this.#packet;
    const t = p.tuple;
    const reply = reverseTuple(t, 0, t[TUPLE_ID]!, this.#reversed);
    let flags = F_USED;
    if (step.nat !== undefined && expected?.translated !== undefined)
      flags |= expectReply(t, expected.translated, reply);
    else if (step.nat !== undefined) {
      if (!chooseNat(t, step.nat, reply, this)) {
        this.exhausted++;
        return CT_EXHAUSTED;
      }
      flags |= step.nat.side === "src" ? F_SNAT : step.nat.side === "dst" ? F_DNAT : 0;
    }
    flags |= (expected === undefined ? 0 : F_RELATED) | (step.helper << HELPER_SHIFT);
    const policy = step.timeout === undefined ? 0 : this.policies.number(step.timeout);
    const id = this.pool.take();
    const w = this.pool.words(id);
    const at = this.pool.row(id);
    for (let i = 0; i < TUPLE_WORDS; i++) {
      w[at + C.original + i] = t[i]!;
      w[at + C.reply + i] = reply[i]!;
    }
    w[at + C.id] = t[TUPLE_ID]!;
    w[at + C.flags] = (policy << POLICY_SHIFT) | flags;
    w[at + C.hash] = hashTuple(t, this.seed);
    w[at + C.hash + 1] = hashTuple(reply, this.seed);
    if (expected !== undefined) {
      w[at + C.mark] = expected.mark;
      w.set(expected.label, at + C.label);
      this.#parents.set(id, expected.parent);
      this.#expectations.delete(t);
    }
    setMarks(w, at, step);
    const timeout = this.#firstTimeout(w, at);
    w[at + C.expires] = this.#tick + this.policies.ticks(policy, timeout);
    this.#index.insert(id);
    this.#wheel.add(id);
    this.limits.add(step.zone, 1);
    if (step.helper !== 0) this.#help(frame, w, at, id, 0);
    const translation = flags & (F_SNAT | F_DNAT) ? this.#translate(frame, key, w, at, 0) : 0;
    writeConnection(key, w, at, state | translation, expected?.parent);
    return CT_GOES_ON;
  }

  #firstTimeout(w: Uint32Array, at: number): number {
    const p = this.#packet;
    if (p.protocol === IpProtocol.tcp) return beginTcp(w, at, p);
    if (p.protocol === IpProtocol.udp) return Timeout.udpFirst;
    return isIcmp(p.protocol) ? Timeout.icmpFirst : Timeout.otherFirst;
  }

  /** The original tuple of the connection that announced one with these flags. */
  #parentOf(flags: number, id: number): Tuple | undefined {
    return (flags & F_RELATED) === 0 ? undefined : this.#parents.get(id);
  }

  /** An ICMP error belongs to the connection of the packet that it is about. */
  #trackError(frame: Frame, key: FlowKey, step: CtStep): void {
    const p = this.#packet;
    const inner = this.#inner;
    if (!readInner(frame, p, inner)) return;
    const entry = this.#find(reverseTuple(inner, 0, inner[TUPLE_ID]!, this.#reversed));
    if (entry < 0) return;
    const direction = entry & 1;
    const w = this.pool.words(entry >> 1);
    const at = this.pool.row(entry >> 1);
    const flags = w[at + C.flags]!;
    let state = CtState.trk | CtState.rel | (direction === 1 ? CtState.rpl : 0);
    if (step.commit) setMarks(w, at, step);
    if (step.nat !== undefined && (flags & (F_SNAT | F_DNAT)) !== 0) {
      this.#translateError(frame, key, w, at, direction);
      state |= natBits(flags, direction);
    }
    writeConnection(key, w, at, state, this.#parentOf(flags, entry >> 1));
  }

  #translateError(frame: Frame, key: FlowKey, w: Uint32Array, at: number, direction: number): void {
    const p = this.#packet;
    const inner = this.#inner;
    const flags = w[at + C.flags]!;
    // The receiver knows the packet as it sent it.
    const sent = at + (direction === 1 ? C.original : C.reply);
    const id = inner[TUPLE_ID]!;
    for (let i = 0; i < TUPLE_WORDS; i++) inner[i] = w[sent + i]!;
    inner[TUPLE_ID] = id;
    translateInner(frame, p, inner);
    const outer = reverseTuple(inner, 0, id, this.#reversed);
    const changesSource = (flags & (direction === 0 ? F_SNAT : F_DNAT)) !== 0;
    const changesDestination = (flags & (direction === 0 ? F_DNAT : F_SNAT)) !== 0;
    if (changesSource) translateAddress(frame, key, p, 0, this.#sourceOf(w, at, direction), 0);
    if (changesDestination) translateAddress(frame, key, p, 1, outer, 0);
  }

  /** The tuple as which packets of a direction leave. */
  #sourceOf(w: Uint32Array, at: number, direction: number): Tuple {
    const other = at + (direction === 0 ? C.reply : C.original);
    return reverseTuple(w, other, w[at + C.id]!, newTuple());
  }
}

function setMarks(w: Uint32Array, at: number, step: CtStep): void {
  w[at + C.mark] = (w[at + C.mark]! & ~step.markMask) | step.mark;
  const label = step.label;
  if (label === undefined) return;
  for (let i = 0; i < 4; i++) {
    w[at + C.label + i] = (w[at + C.label + i]! & ~step.labelMask[i]!) | label[i]!;
  }
}

import { C, LIBERAL, S, SCALED, SIDE_WORDS } from "./connection-layout.js";
import { Timeout } from "./timeouts.js";
import type { TrackedPacket } from "./tracked-packet.js";

/** States of one side, in the order in which they follow each other. */
export const TCP_STATES: readonly string[] = [
  "CLOSED",
  "LISTEN",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "CLOSE_WAIT",
  "FIN_WAIT_1",
  "CLOSING",
  "LAST_ACK",
  "FIN_WAIT_2",
  "TIME_WAIT",
];

const SYN_SENT = 2;
const ESTABLISHED = 4;
const CLOSING = 7;
const FIN_WAIT_2 = 9;
const TIME_WAIT = 10;

const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;
const URG = 32;

/** What a packet is to a connection that is known. */
export const VERDICT_VALID = 0;
export const VERDICT_INVALID = 1;
/** It belongs to it, but the connection is as new as before. */
export const VERDICT_STILL_NEW = 2;
/** The old connection is over; it begins another one. */
export const VERDICT_BEGINS = 3;

/** How far an acknowledgment, or a segment of a side that has closed, may be off: a window without scaling and a segment. */
const MOST_SKEW = 0xffff + 1500;
const MOST_SCALE = 14;

/** Flags that no sane sender combines. */
export function areTcpFlagsValid(flags: number): boolean {
  if ((flags & SYN) !== 0) {
    if ((flags & (RST | FIN)) !== 0) return false;
  } else if ((flags & (ACK | RST)) === 0) return false;
  return (flags & ACK) !== 0 || (flags & (FIN | PSH | URG)) === 0;
}

/** True where a packet with these flags may begin a connection that we have not seen begin. */
export function beginsTcp(flags: number): boolean {
  return (flags & (SYN | ACK)) !== (SYN | ACK);
}

/** Sequence number `a` is not before `b`. */
function reaches(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}

function setState(w: Uint32Array, side: number, state: number): void {
  w[side + S.state] = (w[side + S.state]! & ~0xff) | state;
}

function raiseState(w: Uint32Array, side: number, state: number): void {
  if ((w[side + S.state]! & 0xff) < state) setState(w, side, state);
}

/** Sets up both sides for the first packet of a connection. Returns the timeout. */
export function beginTcp(w: Uint32Array, row: number, p: TrackedPacket): number {
  const from = row + C.sides;
  const to = from + SIDE_WORDS;
  const size = p.end - p.payload + (p.flags & FIN ? 1 : 0);
  w[from + S.low] = p.sequence;
  w[from + S.state] = SYN_SENT;
  let window = Math.max(p.window, 1);
  if ((p.flags & SYN) !== 0) {
    if (p.scale >= 0) {
      w[from + S.state]! |= SCALED | (p.scale << 8);
      // A SYN's own window is not scaled.
      window = (window + (1 << p.scale) - 1) >> p.scale;
    }
  } else {
    w[from + S.state]! |= LIBERAL;
    w[to + S.state] = LIBERAL;
  }
  w[from + S.high] = p.sequence + size + 1 + (p.flags & SYN ? 1 : 0);
  w[from + S.window] = window;
  w[to + S.high] = 1;
  w[to + S.window] = 1;
  return Timeout.tcpFirst;
}

/** How far the windows of both sides are to be shifted for this packet. */
function shiftOf(state: number, other: number, flags: number): number {
  if ((flags & SYN) !== 0) return 0;
  if ((state & other & SCALED) !== 0) return (state >>> 8) & 0xff;
  return (state & other & LIBERAL) !== 0 ? MOST_SCALE : 0;
}

/** Where the state machine ended up. */
export const tcpOutcome: { timeout: number } = { timeout: 0 };

/**
 * Follows a packet of direction `direction` (0 original, 1 reply). Whether its numbers lie in the windows is judged as Guido van Rooij's "Real
 * Stateful TCP Packet Filtering in IP Filter" (2001) says; without `checks` they always do. Returns a `VERDICT_`; where the timeout is to change it
 * stands in `tcpOutcome`, else that is -1.
 */
export function followTcp(w: Uint32Array, row: number, direction: number, p: TrackedPacket, checks: boolean): number {
  tcpOutcome.timeout = -1;
  const from = row + C.sides + direction * SIDE_WORDS;
  const to = row + C.sides + (1 - direction) * SIDE_WORDS;
  const flags = p.flags;
  if (!areTcpFlagsValid(flags)) return VERDICT_INVALID;
  if ((flags & (SYN | ACK)) === SYN) {
    const mine = w[from + S.state]! & 0xff;
    if (mine >= FIN_WAIT_2 && (w[to + S.state]! & 0xff) >= FIN_WAIT_2) return VERDICT_BEGINS;
    if (mine <= SYN_SENT) {
      setState(w, from, SYN_SENT);
      tcpOutcome.timeout = Timeout.tcpFirst;
      return VERDICT_STILL_NEW;
    }
  }
  let shift = shiftOf(w[from + S.state]!, w[to + S.state]!, flags);
  const theirShift = shiftOf(w[to + S.state]!, w[from + S.state]!, flags);
  let window = p.window;
  let sequence = p.sequence;
  let end = (sequence + (p.end - p.payload)) >>> 0;
  if ((flags & SYN) !== 0) end = (end + 1) >>> 0;
  if ((flags & FIN) !== 0) end = (end + 1) >>> 0;
  const isFirst = (w[from + S.state]! & 0xff) < SYN_SENT;
  if (isFirst) {
    const scaled = firstOfSide(w, from, to, p);
    if (scaled > 0) window = (window + (1 << scaled) - 1) >> scaled;
    const theirs = Math.max(1, shifted(w[to + S.window]!, scaleNow(w, to, from, theirShift, flags)));
    w[from + S.low] = sequence;
    raiseState(w, from, SYN_SENT);
    w[from + S.high] = end + theirs;
    if (window > w[from + S.window]!) w[from + S.window] = window;
    // The window of this SYN was shifted back above.
    if (scaled > 0) shift = scaled;
  }
  let acknowledgment = p.acknowledgment;
  const answersNothing = acknowledgment === 0 && (flags & (ACK | RST)) === (ACK | RST);
  if ((flags & ACK) === 0 || answersNothing || (w[to + S.state]! & 0xff) < SYN_SENT) acknowledgment = w[to + S.low]!;
  if (sequence === end) {
    // Without payload there is little to do harm with.
    sequence = w[from + S.low]!;
    end = sequence;
  }
  const low = w[from + S.low]!;
  // What a side acknowledges with its first packet is not judged, as upstream does.
  const skew = isFirst ? 0 : (w[to + S.low]! - acknowledgment) | 0;
  const reach = shifted(w[to + S.window]!, theirShift);
  const isInWindow =
    reaches(w[from + S.high]!, end) &&
    reaches(sequence, (low - reach) >>> 0) &&
    skew >= -MOST_SKEW &&
    skew <= MOST_SKEW * 2 ** shift &&
    ((flags & RST) === 0 || Math.abs((p.sequence - low) | 0) <= 1);
  if (isInWindow || !checks) {
    if (window > w[from + S.window]!) w[from + S.window] = window;
    if (!reaches(low, end)) w[from + S.low] = end;
    const allowed = Math.max(1, shifted(window, shift));
    if (reaches((acknowledgment + allowed) >>> 0, w[to + S.high]!)) w[to + S.high] = acknowledgment + allowed;
    advance(w, from, to, flags);
    return VERDICT_VALID;
  }
  const mine = w[from + S.state]! & 0xff;
  const theirs = w[to + S.state]! & 0xff;
  const isLoose = theirs < SYN_SENT || theirs >= FIN_WAIT_2 || mine >= FIN_WAIT_2;
  if (isLoose && reaches((w[from + S.high]! + MOST_SKEW) >>> 0, end) && reaches(sequence, (low - MOST_SKEW) >>> 0)) {
    if (window > w[from + S.window]!) w[from + S.window] = window;
    if (!reaches(low, end)) w[from + S.low] = end;
    if (reaches((acknowledgment + shifted(window, shift)) >>> 0, w[to + S.high]!)) {
      w[to + S.high] = acknowledgment + Math.max(1, shifted(window, shift));
    }
    if ((flags & FIN) !== 0) raiseState(w, from, CLOSING);
    if ((flags & RST) !== 0) {
      setState(w, from, TIME_WAIT);
      setState(w, to, TIME_WAIT);
    }
    return VERDICT_VALID;
  }
  return VERDICT_INVALID;
}

function shifted(window: number, shift: number): number {
  return window * 2 ** shift;
}

/** The first packet of the other side settles whether windows are scaled. Returns the scale of this side where they are. */
function firstOfSide(w: Uint32Array, from: number, to: number, p: TrackedPacket): number {
  if ((p.flags & SYN) === 0 || (w[to + S.state]! & SCALED) === 0) return 0;
  if (p.scale >= 0) {
    w[from + S.state]! |= SCALED | (p.scale << 8);
    return p.scale;
  }
  // The other side offered, this one does not: its window was scaled down in vain.
  w[to + S.window] = shifted(w[to + S.window]!, (w[to + S.state]! >>> 8) & 0xff);
  w[to + S.state]! &= ~(SCALED | 0xff00);
  return 0;
}

/** The shift of a side whose SYN has been seen, once it is known that both scale. */
function scaleNow(w: Uint32Array, side: number, other: number, before: number, flags: number): number {
  if ((flags & SYN) === 0) return before;
  const state = w[side + S.state]!;
  return (state & w[other + S.state]! & SCALED) !== 0 ? (state >>> 8) & 0xff : 0;
}

function advance(w: Uint32Array, from: number, to: number, flags: number): void {
  if ((flags & SYN) !== 0) raiseState(w, from, SYN_SENT);
  if ((flags & FIN) !== 0) raiseState(w, from, CLOSING);
  if ((flags & ACK) !== 0) {
    const other = w[to + S.state]! & 0xff;
    if (other === SYN_SENT) setState(w, to, ESTABLISHED);
    else if (other === CLOSING) setState(w, to, FIN_WAIT_2);
  }
  if ((flags & RST) !== 0) {
    setState(w, from, TIME_WAIT);
    setState(w, to, TIME_WAIT);
  }
  const mine = w[from + S.state]! & 0xff;
  const theirs = w[to + S.state]! & 0xff;
  const least = Math.min(mine, theirs);
  const most = Math.max(mine, theirs);
  if (least >= FIN_WAIT_2) tcpOutcome.timeout = Timeout.tcpClosed;
  else if (least >= CLOSING) tcpOutcome.timeout = Timeout.tcpFinWait;
  else if (least < ESTABLISHED) tcpOutcome.timeout = Timeout.tcpOpening;
  else tcpOutcome.timeout = most >= CLOSING ? Timeout.tcpClosing : Timeout.tcpEstablished;
}

/** True where packets that only acknowledge, or carry data, leave the states of both sides as they are. */
export function isSteady(w: Uint32Array, row: number): boolean {
  const mine = w[row + C.sides + S.state]! & 0xff;
  const theirs = w[row + C.sides + SIDE_WORDS + S.state]! & 0xff;
  return (
    Math.min(mine, theirs) >= ESTABLISHED &&
    Math.max(mine, theirs) < TIME_WAIT &&
    mine !== CLOSING &&
    theirs !== CLOSING
  );
}

/** The state of a whole connection, as a dump without `-m` shows it: coarser than that of its sides. */
export function mergedTcpState(w: Uint32Array, row: number): number {
  const state = Math.max(w[row + C.sides + S.state]! & 0xff, w[row + C.sides + SIDE_WORDS + S.state]! & 0xff);
  if (state >= FIN_WAIT_2) return TIME_WAIT;
  return state > ESTABLISHED ? CLOSING : state;
}

import type { Frame } from "../userspace/frames/frame.js";
import { rewrite } from "../userspace/frames/rewrite.js";
import type { TrackedPacket } from "./tracked-packet.js";

/** By how much sequence numbers of one direction are off since its payload got longer or shorter. */
interface Shift {
  /** The last place where the length changed; numbers after it are off by `after`, those up to it by `before`. */
  at: number;
  before: number;
  after: number;
}

const numbers = [4, 8].map((offset) => ({
  layer: "tcp" as const,
  words: Uint16Array.of(offset, 0, 0xffff, offset + 2, 0, 0xffff),
  end: offset + 4,
}));

function write(frame: Frame, which: 0 | 1, value: number): void {
  const change = numbers[which]!;
  change.words[1] = value >>> 16;
  change.words[4] = value;
  rewrite(frame, change);
}

/** Connections whose control messages were rewritten, and what their sequence numbers lost or gained by it. */
export class SequenceShifts {
  readonly #shifts = new Map<number, [Shift | undefined, Shift | undefined]>();

  forget(id: number): void {
    if (this.#shifts.size > 0) this.#shifts.delete(id);
  }

  /** The payload of a packet of `direction` with sequence number `sequence` became longer by `difference`. A packet sent again changes nothing. */
  note(id: number, direction: 0 | 1, sequence: number, difference: number): void {
    if (difference === 0) return;
    let both = this.#shifts.get(id);
    if (both === undefined) this.#shifts.set(id, (both = [undefined, undefined]));
    const known = both[direction];
    if (known !== undefined && ((sequence - known.at) | 0) <= 0) return;
    const before = known?.after ?? 0;
    both[direction] = { at: sequence, before, after: before + difference };
  }

  /** Lets the acknowledgment of a packet of `direction` be what the other side sent. Done before the packet is tracked. */
  acknowledge(id: number, direction: 0 | 1, frame: Frame, p: TrackedPacket): void {
    const shift = this.#shifts.size === 0 ? undefined : this.#shifts.get(id)?.[1 - direction];
    if (shift === undefined || (p.flags & 16) === 0) return;
    const isAfter = ((p.acknowledgment - shift.before - shift.at) | 0) > 0;
    p.acknowledgment = (p.acknowledgment - (isAfter ? shift.after : shift.before)) >>> 0;
    write(frame, 1, p.acknowledgment);
  }

  /** Lets the sequence number of a packet of `direction` be what the other side expects. Done after the packet is tracked. */
  shift(id: number, direction: 0 | 1, frame: Frame, p: TrackedPacket): void {
    const shift = this.#shifts.size === 0 ? undefined : this.#shifts.get(id)?.[direction];
    if (shift === undefined) return;
    const isAfter = ((p.sequence - shift.at) | 0) > 0;
    const by = isAfter ? shift.after : shift.before;
    if (by !== 0) write(frame, 0, (p.sequence + by) >>> 0);
  }
}

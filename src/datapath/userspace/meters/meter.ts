import type { DatapathMeter, DatapathMeterStats } from "../../meters.js";
import { WordLock } from "../threads/word-lock.js";

/** Bands a meter may have. */
export const MAX_BANDS = 8;

/** Places of one meter's 64-bit numbers: its lock, clock milliseconds of the last refill, the bands' tokens; packets and bytes that came to it, then of each band. */
const LOCK = 0;
const FILLED = 1;
const TOKENS = 2;
const COUNTED = TOKENS + MAX_BANDS;

/** 64-bit numbers that one meter takes. */
export const METER_SIZE: number = COUNTED + 2 + 2 * MAX_BANDS;

/** A meter's band that a packet exceeded nothing of. */
export const NO_BAND = -1;

/**
 * A meter as the forwarding core runs it: a token bucket for each band. A bucket holds thousandths of packets, or bits, as a rate of one packet or one
 * kilobit a second is one of them a millisecond. Everything lies in memory that threads share: the rate is that of all of them together.
 */
export class Meter {
  readonly bands: DatapathMeter["bands"];
  readonly #isOfPackets: boolean;
  readonly #sizes: Float64Array;
  readonly #memory: Float64Array;
  readonly #at: number;
  readonly #lock: WordLock;

  /** `memory[at …]` are its `METER_SIZE` numbers, which `beginMeter` has prepared. */
  constructor({ unit, bands }: DatapathMeter, memory: Float64Array, at: number) {
    this.bands = bands;
    this.#isOfPackets = unit === "pktps";
    this.#sizes = bucketSizes(bands);
    this.#memory = memory;
    this.#at = at;
    this.#lock = new WordLock(new Int32Array(memory.buffer, memory.byteOffset), 2 * (at + LOCK));
  }

  /** Whether every band has tokens for so much at once. */
  holds(now: number, packets: number, bytes: number): boolean {
    const memory = this.#memory;
    const tokens = this.#at + TOKENS;
    const cost = this.#isOfPackets ? packets * 1000 : bytes * 8;
    let holds = true;
    this.#lock.take();
    this.#fill(now);
    for (let i = 0; i < this.#sizes.length; i++) if (memory[tokens + i]! < cost) holds = false;
    this.#lock.release();
    return holds;
  }

  /** Counts a packet, or several that came as one. Gives the band of the highest rate that they exceed, or `NO_BAND`. */
  take(now: number, packets: number, bytes: number): number {
    const memory = this.#memory;
    const counted = this.#at + COUNTED;
    const tokens = this.#at + TOKENS;
    const cost = this.#isOfPackets ? packets * 1000 : bytes * 8;
    let exceeded = NO_BAND;
    this.#lock.take();
    this.#fill(now);
    memory[counted]! += packets;
    memory[counted + 1]! += bytes;
    for (let i = 0; i < this.#sizes.length; i++) {
      if (memory[tokens + i]! >= cost) memory[tokens + i]! -= cost;
      else if (exceeded === NO_BAND || this.bands[i]!.rate > this.bands[exceeded]!.rate) exceeded = i;
    }
    if (exceeded !== NO_BAND) {
      memory[counted + 2 + 2 * exceeded]! += packets;
      memory[counted + 3 + 2 * exceeded]! += bytes;
    }
    this.#lock.release();
    return exceeded;
  }

  #fill(now: number): void {
    const memory = this.#memory;
    const at = this.#at;
    const passed = now - memory[at + FILLED]!;
    if (passed <= 0) return;
    memory[at + FILLED] = now;
    for (let i = 0; i < this.#sizes.length; i++) {
      const tokens = at + TOKENS + i;
      memory[tokens] = Math.min(this.#sizes[i]!, memory[tokens]! + passed * this.bands[i]!.rate);
    }
  }
}

function bucketSizes(bands: DatapathMeter["bands"]): Float64Array {
  return Float64Array.from(bands, ({ rate, burst }) => (burst === 0 ? rate : burst) * 1000);
}

/** Fills the buckets of a meter that begins at clock millisecond `now`, and has it count from zero. */
export function beginMeter(memory: Float64Array, at: number, { bands }: DatapathMeter, now: number): void {
  memory.fill(0, at, at + METER_SIZE);
  memory[at + FILLED] = now;
  memory.set(bucketSizes(bands), at + TOKENS);
}

/** The counters of a meter with so many bands. */
export function readMeter(counters: Float64Array, begin: number, bands: number): DatapathMeterStats {
  const at = begin + COUNTED;
  return {
    packets: counters[at]!,
    bytes: counters[at + 1]!,
    bands: Array.from({ length: bands }, (_, i) => ({
      packets: counters[at + 2 + 2 * i]!,
      bytes: counters[at + 3 + 2 * i]!,
    })),
  };
}

/**
 * A DSCP value with its drop precedence raised by some levels, up to the third; one that says nothing of dropping (all but RFC 2597's assured forwarding)
 * stays as it is. `tos` is the whole byte.
 */
export function raiseDropPrecedence(tos: number, levels: number): number {
  const [group, precedence] = [tos >> 5, (tos >> 3) & 3];
  const isAssured = group >= 1 && group <= 4 && precedence >= 1 && (tos & 4) === 0;
  return isAssured ? (tos & ~0x18) | (Math.min(3, precedence + levels) << 3) : tos;
}

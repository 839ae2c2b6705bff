import { meterRow } from "#bpf/forward/layout.js";
import type { DatapathMeter, DatapathMeterStats } from "../../meters.js";

/** Bands a meter may have. */
export const MAX_BANDS: number = meterRow.most;

/** 64-bit numbers that one meter takes. */
export const METER_SIZE: number = meterRow.size / 8;

/** Places among a meter's numbers (`meterRow`), and among one of its bands'. */
const COUNTED = meterRow.packets / 8;
const BANDS = meterRow.band.first / 8;
const BAND = meterRow.band.size / 8;
const [LEVEL, RATE, BURST] = [meterRow.band.level / 8, meterRow.band.rate / 8, meterRow.band.burst / 8];
const BAND_COUNTED = meterRow.band.packets / 8;

/** A meter's band that a packet exceeded nothing of. */
export const NO_BAND = -1;

/** So many milliseconds before it begins its buckets are full: the kernel's clock goes in steps, and some thread's was read a while ago. */
const EARLIER = 1000;

/** Nobody's clock is so late that tokens are fewer: the numbers have come round. */
const OLDEST = -(1n << 48n);

/** Numbers of a meter: `memory[at …]`, `METER_SIZE` of them. */
export interface MeterNumbers {
  readonly memory: BigInt64Array;
  readonly at: number;
}

/**
 * A meter as the forwarding core runs it: a token bucket for each band. A bucket holds thousandths of packets, or bits, as a rate of one packet or one
 * kilobit a second is one of them a millisecond. Its level is how much the rate had brought, since time began, when the bucket was empty: so one number says all, which whoever takes
 * tokens exchanges for another. They lie in memory that threads share, and programs in the kernel, which do the same: the rate is that of all of them together. Numbers come round at 2^64.
 */
export class Meter {
  readonly bands: DatapathMeter["bands"];
  readonly #isOfPackets: boolean;
  readonly #rates: readonly bigint[];
  readonly #bursts: readonly bigint[];
  readonly #memory: BigInt64Array;
  readonly #at: number;

  /** `beginMeter` has prepared the numbers. */
  constructor({ unit, bands }: DatapathMeter, { memory, at }: MeterNumbers) {
    this.bands = bands;
    this.#isOfPackets = unit === "pktps";
    this.#rates = bands.map(({ rate }) => BigInt(rate));
    this.#bursts = bands.map(burstOf);
    this.#memory = memory;
    this.#at = at;
  }

  /** Whether every band has tokens for so much at once. */
  holds(now: number, packets: number, bytes: number): boolean {
    const time = timeOf(now);
    const cost = this.#cost(packets, bytes);
    return this.bands.every((_, i) => this.#tokens(i, this.#brought(i, time), this.#level(i)) >= cost);
  }

  /** Counts a packet, or several that came as one. Gives the band of the highest rate that they exceed, or `NO_BAND`. */
  take(now: number, packets: number, bytes: number): number {
    const time = timeOf(now);
    const cost = this.#cost(packets, bytes);
    let exceeded = NO_BAND;
    for (let i = 0; i < this.bands.length; i++) {
      if (this.#takeOf(i, time, cost)) continue;
      if (exceeded === NO_BAND || this.bands[i]!.rate > this.bands[exceeded]!.rate) exceeded = i;
    }
    this.#count(this.#at + COUNTED, packets, bytes);
    if (exceeded !== NO_BAND) this.#count(this.#bandAt(exceeded) + BAND_COUNTED, packets, bytes);
    return exceeded;
  }

  #cost(packets: number, bytes: number): bigint {
    return BigInt(this.#isOfPackets ? packets * 1000 : bytes * 8);
  }

  #bandAt(band: number): number {
    return this.#at + BANDS + BAND * band;
  }

  #level(band: number): bigint {
    return Atomics.load(this.#memory, this.#bandAt(band) + LEVEL);
  }

  #brought(band: number, time: bigint): bigint {
    return BigInt.asIntN(64, this.#rates[band]! * time);
  }

  #tokens(band: number, brought: bigint, level: bigint): bigint {
    const tokens = BigInt.asIntN(64, brought - level);
    const burst = this.#bursts[band]!;
    return tokens > burst || tokens < OLDEST ? burst : tokens;
  }

  /** False where a band has too few tokens. */
  #takeOf(band: number, time: bigint, cost: bigint): boolean {
    const brought = this.#brought(band, time);
    for (;;) {
      const level = this.#level(band);
      const tokens = this.#tokens(band, brought, level);
      if (tokens < cost) return false;
      const after = BigInt.asIntN(64, brought - tokens + cost);
      if (Atomics.compareExchange(this.#memory, this.#bandAt(band) + LEVEL, level, after) === level) return true;
    }
  }

  #count(at: number, packets: number, bytes: number): void {
    Atomics.add(this.#memory, at, BigInt(packets));
    Atomics.add(this.#memory, at + 1, BigInt(bytes));
  }
}

/** Time is counted in whole milliseconds. */
function timeOf(now: number): bigint {
  return BigInt(Math.floor(now));
}

/** What a bucket holds. */
function burstOf({ rate, burst }: DatapathMeter["bands"][number]): bigint {
  return BigInt(burst === 0 ? rate : burst) * 1000n;
}

/** Fills the buckets of a meter that begins at clock millisecond `now`, and has it count from zero. */
export function beginMeter({ memory, at }: MeterNumbers, { unit, bands }: DatapathMeter, now: number): void {
  memory.fill(0n, at, at + METER_SIZE);
  const head = new Int32Array(memory.buffer, memory.byteOffset + 8 * at, BANDS);
  head[meterRow.bands / 4] = bands.length;
  head[meterRow.isOfPackets / 4] = unit === "pktps" ? 1 : 0;
  for (const [i, band] of bands.entries()) {
    const begin = at + BANDS + BAND * i;
    memory[begin + RATE] = BigInt(band.rate);
    memory[begin + BURST] = burstOf(band);
    memory[begin + LEVEL] = BigInt.asIntN(64, BigInt(band.rate) * timeOf(now - EARLIER) - burstOf(band));
  }
}

/** The counters of a meter with so many bands. */
export function readMeter({ memory, at }: MeterNumbers, bands: number): DatapathMeterStats {
  const read = (index: number): { packets: number; bytes: number } => ({
    packets: Number(memory[index]!),
    bytes: Number(memory[index + 1]!),
  });
  const counted = Array.from({ length: bands }, (_, i) => read(at + BANDS + BAND * i + BAND_COUNTED));
  return { ...read(at + COUNTED), bands: counted };
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

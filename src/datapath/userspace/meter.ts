import type { DatapathMeter, DatapathMeterStats } from "../meters.js";

/** Bands a meter may have. */
export const MAX_BANDS = 8;

/** 64-bit numbers of one meter: packets and bytes that came to it, then packets and bytes of each band. */
export const METER_COUNTERS: number = 2 + 2 * MAX_BANDS;

/** A meter's band that a packet exceeded nothing of. */
export const NO_BAND = -1;

/**
 * A meter as the forwarding core runs it: a token bucket for each band. A bucket holds thousandths of packets, or bits, as a rate of one packet or one
 * kilobit a second is one of them a millisecond; it begins full. Counters lie in memory that the main thread reads.
 */
export class Meter {
  readonly bands: DatapathMeter["bands"];
  readonly #isOfPackets: boolean;
  readonly #tokens: Float64Array;
  readonly #sizes: Float64Array;
  readonly #counters: Float64Array;
  readonly #at: number;
  /** Clock milliseconds of the last refill. */
  #filled: number;

  /** `counters[at …]` are its `METER_COUNTERS` numbers. */
  constructor({ unit, bands }: DatapathMeter, counters: Float64Array, at: number, now: number) {
    this.bands = bands;
    this.#isOfPackets = unit === "pktps";
    this.#sizes = Float64Array.from(bands, ({ rate, burst }) => (burst === 0 ? rate : burst) * 1000);
    this.#tokens = this.#sizes.slice();
    this.#counters = counters;
    this.#at = at;
    this.#filled = now;
  }

  /** Whether every band has tokens for so much at once. */
  holds(now: number, packets: number, bytes: number): boolean {
    this.#fill(now);
    const cost = this.#isOfPackets ? packets * 1000 : bytes * 8;
    for (let i = 0; i < this.#tokens.length; i++) if (this.#tokens[i]! < cost) return false;
    return true;
  }

  /** Counts a packet, or several that came as one. Gives the band of the highest rate that they exceed, or `NO_BAND`. */
  take(now: number, packets: number, bytes: number): number {
    const counters = this.#counters;
    const at = this.#at;
    counters[at]! += packets;
    counters[at + 1]! += bytes;
    this.#fill(now);
    const cost = this.#isOfPackets ? packets * 1000 : bytes * 8;
    const tokens = this.#tokens;
    let exceeded = NO_BAND;
    for (let i = 0; i < tokens.length; i++) {
      if (tokens[i]! >= cost) tokens[i]! -= cost;
      else if (exceeded === NO_BAND || this.bands[i]!.rate > this.bands[exceeded]!.rate) exceeded = i;
    }
    if (exceeded !== NO_BAND) {
      counters[at + 2 + 2 * exceeded]! += packets;
      counters[at + 3 + 2 * exceeded]! += bytes;
    }
    return exceeded;
  }

  #fill(now: number): void {
    const passed = now - this.#filled;
    if (passed <= 0) return;
    this.#filled = now;
    const tokens = this.#tokens;
    for (let i = 0; i < tokens.length; i++) {
      tokens[i] = Math.min(this.#sizes[i]!, tokens[i]! + passed * this.bands[i]!.rate);
    }
  }
}

/** The counters of a meter with so many bands. */
export function readMeter(counters: Float64Array, at: number, bands: number): DatapathMeterStats {
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

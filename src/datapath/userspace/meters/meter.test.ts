import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DatapathMeter } from "../../meters.js";
import { beginMeter, METER_SIZE, Meter, type MeterNumbers, NO_BAND, raiseDropPrecedence, readMeter } from "./meter.js";

const drop = (rate: number, burst = 0): { type: "drop"; rate: number; burst: number; precedence: number } => ({
  type: "drop",
  rate,
  burst,
  precedence: 0,
});

/** A meter that begins at time 0. */
function begun(meter: DatapathMeter, place: MeterNumbers = newPlace()): Meter {
  beginMeter(place, meter, 0);
  return new Meter(meter, place);
}

const newPlace = (): MeterNumbers => ({ memory: new BigInt64Array(new SharedArrayBuffer(METER_SIZE * 8)), at: 0 });

describe("a meter", () => {
  it("has one rate for all threads that give it packets", () => {
    const settings: DatapathMeter = { unit: "pktps", bands: [drop(10)] };
    const memory = newPlace();
    const first = begun(settings, memory);
    const second = new Meter(settings, memory);
    const passed = Array.from({ length: 30 }, (_, i) => (i % 2 ? first : second).take(0, 1, 1));
    expect(passed.filter((band) => band === NO_BAND).length).toBe(10);
    expect(second.take(100, 1, 1)).toBe(NO_BAND);
    // A thread whose clock was read a little earlier.
    expect(first.take(99, 1, 1)).toBe(0);
    expect(readMeter(memory, 1)).toMatchObject({ packets: 32, bands: [{ packets: 21 }] });
  });

  it("lets as many packets pass at once as a second brings, then one each time its turn has come", () => {
    const memory = newPlace();
    const meter = begun({ unit: "pktps", bands: [drop(10)] }, memory);
    const burst = Array.from({ length: 15 }, () => meter.take(0, 1, 100));
    expect(burst.filter((band) => band === NO_BAND).length).toBe(10);
    expect(meter.take(99, 1, 100)).toBe(0);
    expect(meter.take(100, 1, 100)).toBe(NO_BAND);
    expect(meter.take(100, 1, 100)).toBe(0);
    expect(readMeter(memory, 1)).toEqual({ packets: 18, bytes: 1800, bands: [{ packets: 7, bytes: 700 }] });
  });

  it("is full after however long, where numbers have come round", () => {
    const settings: DatapathMeter = { unit: "kbps", bands: [drop(0xffffffff, 1)] };
    const meter = begun(settings);
    for (const days of [0, 20, 30, 45, 60, 100]) {
      const now = days * 86_400_000;
      expect(meter.take(now, 1, 125)).toBe(NO_BAND);
      expect(meter.take(now, 1, 1)).toBe(0);
    }
  });

  it("of kilobits counts bits", () => {
    const meter = begun({ unit: "kbps", bands: [drop(1, 4)] });
    const bands = Array.from({ length: 5 }, () => meter.take(0, 1, 118));
    expect(bands).toEqual([NO_BAND, NO_BAND, NO_BAND, NO_BAND, 0]);
  });

  it("has the band of the highest exceeded rate act", () => {
    const meter = begun({ unit: "pktps", bands: [drop(3), drop(1), drop(2)] });
    expect(Array.from({ length: 5 }, () => meter.take(0, 1, 1))).toEqual([NO_BAND, 1, 2, 0, 0]);
  });

  it("lets no more pass in any time than its burst and what its rate brings", () => {
    const arrivals = fc.array(fc.record({ pause: fc.nat(700), packets: fc.integer({ min: 1, max: 4 }) }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), arrivals, (rate, burst, all) => {
        const meter = begun({ unit: "pktps", bands: [drop(rate, burst)] });
        let now = 0;
        let passed = 0;
        for (const { pause, packets } of all) {
          now += pause;
          const fits = meter.holds(now, packets, 0);
          expect(meter.take(now, packets, 0) === NO_BAND).toBe(fits);
          if (fits) passed += packets;
        }
        expect(passed).toBeLessThanOrEqual(burst + (now * rate) / 1000);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe("drop precedence", () => {
  it("rises within assured forwarding, and nowhere else", () => {
    const af = (group: number, precedence: number): number => (group << 5) | (precedence << 3) | 1;
    expect(raiseDropPrecedence(af(1, 1), 1)).toBe(af(1, 2));
    expect(raiseDropPrecedence(af(4, 1), 9)).toBe(af(4, 3));
    for (const tos of [0, 0xb8, 0xe0, af(1, 0), af(5, 1)]) expect(raiseDropPrecedence(tos, 1)).toBe(tos);
  });
});

import { expect, it } from "vitest";
import { FAN_OUT_LIMIT } from "#bpf/forward/layout.js";
import { FakeClock } from "#host/fake/clock.js";
import type { FanOut } from "#host/fan-out.js";
import { FanOutSets } from "./fan-out-sets.js";

function bed() {
  const clock = new FakeClock();
  const sets = new Map<number, string>();
  const state = { opened: 0, changed: 0 };
  const device: FanOut = {
    ifindex: 9,
    put: (set, ifindexes) => {
      if (ifindexes.includes(13)) throw new Error("it has gone");
      sets.set(set, ifindexes.join());
    },
    onLost: undefined,
  };
  const fanOuts: FanOutSets = new FanOutSets(
    () => {
      state.opened++;
      return device;
    },
    clock,
    () => void state.changed++,
  );
  const find = (...ifindexes: number[]): string | undefined => {
    const place = fanOuts.find(ifindexes);
    return place && `${place.ifindex}: ${sets.get(place.set)}`;
  };
  return { clock, sets, state, device, fanOuts, find };
}

it("has one set for the same devices, made when it is first asked for", () => {
  const { sets, state, find } = bed();
  expect(state.opened).toBe(0);
  expect([find(1, 2), find(2, 3), find(1, 2)]).toEqual(["9: 1,2", "9: 2,3", "9: 1,2"]);
  expect([sets.size, state.opened]).toEqual([2, 1]);
});

it("finds nothing for a device that is not there, and wastes no place for it", () => {
  const { sets, find } = bed();
  expect([find(1, 13), find(1, 13), find(1, 2), find(3, 13), find(3)]).toEqual([
    undefined,
    undefined,
    "9: 1,2",
    undefined,
    "9: 3",
  ]);
  expect([...sets.keys()]).toEqual([0, 1]);
});

it("gives a set's place to another one a second after nobody has named it any more", () => {
  const { clock, state, fanOuts, find } = bed();
  for (let i = 0; i < FAN_OUT_LIMIT; i++) fanOuts.take([fanOuts.find([100 + i])!.set]);
  clock.advance(5000);
  expect(find(1)).toBeUndefined();
  fanOuts.free([7, 5]);
  clock.advance(999);
  expect([find(1), state.changed]).toEqual([undefined, 0]);
  clock.advance(1);
  expect(fanOuts.find([1])).toEqual({ ifindex: 9, set: 7 });
  expect([fanOuts.find([2])?.set, state.changed, find(3)]).toEqual([5, 2, undefined]);
  // What was there before is known no more.
  expect(find(107)).toBeUndefined();
  expect(find(108)).toBe("9: 108");
});

it("makes sets anew whose devices have gone and come again, and gives their places away in time", () => {
  const { clock, fanOuts, find } = bed();
  const before = fanOuts.find([1, 2])!.set;
  fanOuts.take([before]);
  expect(fanOuts.find([3, 4])!.set).toBe(1);
  fanOuts.forget(2);
  expect([fanOuts.find([3, 4])!.set, fanOuts.find([1, 2])!.set]).toEqual([1, 2]);
  fanOuts.forget(2);
  expect(fanOuts.find([1, 2])!.set).toBe(3);
  for (let i = 4; i < FAN_OUT_LIMIT; i++) fanOuts.take([fanOuts.find([100 + i])!.set]);
  fanOuts.free([before]);
  clock.advance(1000);
  expect([0, 0, 0].map((_, i) => fanOuts.find([50 + i])!.set)).toEqual([1, 2, 3]);
  expect(find(60)).toBe("9: 60");
  expect(fanOuts.size).toBe(FAN_OUT_LIMIT);
  expect(find(61)).toBeUndefined();
});

it("knows no sets any more when the device has gone", () => {
  const { device, state, fanOuts, find } = bed();
  fanOuts.take([fanOuts.find([1, 2])!.set]);
  device.onLost!();
  expect([state.changed, fanOuts.size, find(1, 2)]).toEqual([1, 0, undefined]);
  fanOuts.free([0]);
});

import { expect, it } from "vitest";
import { FakeClock } from "#host/fake/clock.js";
import { GuestWatch } from "./guest-watch.js";

const port = (ifindex: number) => ({
  ifindex,
  mtu: 1500,
  isDirect: true,
  guest: { address: new Uint8Array(6), slot: ifindex },
});

function bed() {
  const clock = new FakeClock();
  const listened = new Set<number>();
  const changes: number[][] = [];
  const state = { looks: 0 };
  const watch: GuestWatch = new GuestWatch(
    clock,
    () => {
      state.looks++;
      const now = new Set(listened);
      return { isListenedAt: (ifindex) => now.has(ifindex) };
    },
    (ports) => {
      changes.push([...ports]);
      for (const number of ports) watch.see(number, port(number + 10));
    },
  );
  const isDirect = (number: number): boolean => watch.see(number, port(number + 10))?.guest !== undefined;
  return { clock, listened, changes, watch, state, isDirect };
}

it("has packets pass a port while somebody listens there", () => {
  const { clock, listened, changes, isDirect } = bed();
  expect([isDirect(1), isDirect(2)]).toEqual([true, true]);
  listened.add(12);
  clock.advance(999);
  expect(changes).toEqual([]);
  clock.advance(1);
  expect(changes).toEqual([[2]]);
  expect([isDirect(1), isDirect(2)]).toEqual([true, false]);
  clock.advance(5000);
  expect(changes).toEqual([[2]]);
  listened.clear();
  clock.advance(1000);
  expect(changes).toEqual([[2], [2]]);
  expect(isDirect(2)).toBe(true);
});

it("knows at once of who listened before", () => {
  const { listened, isDirect } = bed();
  listened.add(11);
  expect([isDirect(1), isDirect(2)]).toEqual([false, true]);
});

it("looks once a second for all ports, and only while there are such", () => {
  const { clock, watch, state, isDirect } = bed();
  watch.see(7, { ...port(17), isDirect: false, guest: undefined });
  watch.see(8, undefined);
  expect([state.looks, clock.nextDue()]).toEqual([0, undefined]);
  for (let number = 1; number <= 6; number++) isDirect(number);
  clock.advance(10_000);
  expect(state.looks).toBe(11);
  for (let number = 1; number <= 5; number++) watch.forget(number);
  expect(clock.nextDue()).toBe(11_000);
  watch.see(6, undefined);
  expect(clock.nextDue()).toBeUndefined();
});

it("has all packets pass their ports where that is wanted, and does not look then", () => {
  const { clock, watch, changes, isDirect } = bed();
  isDirect(1);
  watch.want(false);
  expect([changes, isDirect(1), isDirect(2), clock.nextDue()]).toEqual([[[1]], false, false, undefined]);
  watch.want(true);
  expect([changes, isDirect(1), clock.nextDue()]).toEqual([[[1], [1, 2]], true, 1000]);
});

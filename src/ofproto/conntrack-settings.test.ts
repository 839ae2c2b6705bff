import { expect, it } from "vitest";
import { ManagedTracking } from "#datapath/conntrack/managed-tracking.js";
import { type ConntrackSettings, ConntrackZones } from "./conntrack-settings.js";

function make(): { zones: ConntrackZones; told: unknown[] } {
  const told: unknown[] = [];
  const tracking = new ManagedTracking({ ask: () => Promise.reject(), tell: (setting) => void told.push(setting) });
  return { zones: new ConntrackZones(tracking), told };
}

const settings = (
  zones: readonly (readonly [number, { timeouts?: Record<string, number>; limit?: number }])[],
  defaultLimit?: number,
): ConntrackSettings => ({
  zones: new Map(
    zones.map(([zone, { timeouts, limit }]) => [
      zone,
      { timeouts: timeouts && new Map(Object.entries(timeouts)), limit },
    ]),
  ),
  defaultLimit,
});

it("makes a policy for zones with the same timeouts, and takes it away with the last of them", () => {
  const { zones, told } = make();
  const short = { udp_first: 1, tcp_close: 2 };
  expect(
    zones.apply(
      settings([
        [1, { timeouts: short }],
        [2, { timeouts: { tcp_close: 2, udp_first: 1 } }],
      ]),
    ),
  ).toBe(true);
  expect([zones.policy(1), zones.policy(2), zones.policy(3)]).toEqual(["1", "1", undefined]);
  expect(told).toEqual([{ kind: "timeouts", name: "1", seconds: new Map(Object.entries(short)) }]);
  expect(zones.apply(settings([[2, { timeouts: short }]]))).toBe(true);
  expect(zones.apply(settings([[2, { timeouts: short }]]))).toBe(false);
  expect(told.length).toBe(1);
  expect(zones.apply(settings([]))).toBe(true);
  expect(told.at(-1)).toEqual({ kind: "timeouts", name: "1", seconds: undefined });
});

it("sets limits, takes back those it has set, and leaves others alone", () => {
  const { zones, told } = make();
  zones.apply(settings([]));
  expect(told).toEqual([]);
  zones.apply(settings([[4, { limit: 10 }]], 99));
  expect(told.splice(0)).toEqual([
    { kind: "default_limit", limit: 99 },
    { kind: "zone_limit", zone: 4, limit: 10 },
  ]);
  zones.apply(settings([]));
  expect(told).toEqual([
    { kind: "zone_limit", zone: 4, limit: undefined },
    { kind: "default_limit", limit: 0 },
  ]);
});

import type { ConntrackSettings, CtZoneSettings } from "#ofproto/conntrack-settings.js";
import type { ConfigRows } from "./rows.js";

/** What each datapath's row, by the type of datapath, wants of connection tracking. */
export function readConntrack(rows: ConfigRows): ReadonlyMap<string, ConntrackSettings> {
  const all = new Map<string, ConntrackSettings>();
  for (const [type, uuid] of rows.root?.datapaths ?? []) {
    const datapath = rows.datapath(uuid);
    const zones = new Map<number, CtZoneSettings>();
    for (const [zone, zoneUuid] of datapath?.ct_zones ?? []) {
      const row = rows.ctZone(zoneUuid);
      if (row === undefined) continue;
      const policy = row.timeout_policy === undefined ? undefined : rows.ctTimeoutPolicy(row.timeout_policy);
      zones.set(Number(zone), { timeouts: policy && numbers(policy.timeouts), limit: number(row.limit) });
    }
    all.set(type, { zones, defaultLimit: number(datapath?.ct_zone_default_limit) });
  }
  return all;
}

function number(value: number | bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function numbers(map: ReadonlyMap<string, number | bigint>): ReadonlyMap<string, number> {
  return new Map([...map].map(([name, value]) => [name, Number(value)]));
}

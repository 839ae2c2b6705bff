import { type FlowTableSettings, readGroups, readPrefixes } from "#ofproto/tables/table-settings.js";
import type { BridgeRow, ConfigRows, FlowTableRow } from "./rows.js";

/** How a bridge's flow tables are configured, by number. What is wrong with it is told to `warn`, in Open vSwitch's words. */
export function readFlowTables(
  row: BridgeRow,
  rows: ConfigRows,
  warn: (text: string) => void,
): ReadonlyMap<number, FlowTableSettings> {
  const settings = new Map<number, FlowTableSettings>();
  for (const [number, uuid] of row.flow_tables) {
    const table = rows.flowTable(uuid);
    if (table !== undefined) settings.set(number, readFlowTable(`bridge ${row.name}`, number, table, warn));
  }
  return settings;
}

function readFlowTable(
  bridge: string,
  number: number,
  { name, flow_limit, overflow_policy, groups, prefixes }: FlowTableRow,
  warn: (text: string) => void,
): FlowTableSettings {
  return {
    name,
    flowLimit: flow_limit === undefined ? undefined : Math.min(Number(flow_limit), MOST_FLOWS),
    evicts: overflow_policy === "evict",
    groups: readGroups(groups, (text) => warn(`${bridge} table ${number}: error parsing 'groups' (${text})`)),
    ...(prefixes.length > 0 && { prefixes: readPrefixes(prefixes, (text) => warn(`${bridge}: ${text}`)) }),
  };
}

const MOST_FLOWS = 0xffff_ffff;

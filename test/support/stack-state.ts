import { formatMac } from "#util/mac.js";
import { datapathIdOf, defaultBridgeAddress, formatDatapathId } from "#vswitchd/bridge-address.js";
import { dumpDatabase, relabel, rowLabels, uuidOf } from "./ovsdb-dump.js";
import { RawClient } from "./ovsdb-raw-client.js";
import type { SwitchStack } from "./switch-stack.js";

/** The columns that a switch daemon writes. */
const statusColumns: Readonly<Record<string, readonly string[]>> = {
  Open_vSwitch: ["next_cfg", "cur_cfg"],
  Bridge: ["datapath_id", "datapath_version", "status", "rstp_status"],
  Port: ["status", "rstp_status", "bond_active_slave"],
  Interface: [
    "admin_state",
    "duplex",
    "error",
    "ifindex",
    "lacp_current",
    "link_resets",
    "link_speed",
    "link_state",
    "mac_in_use",
    "mtu",
    "ofport",
    "status",
  ],
};

/** What a stack shows of itself: named texts, one for each column, log or command. */
export type StackState = Readonly<Record<string, string>>;

/** Reads what the switch wrote into the database. What is made from random row UUIDs is spelt `<BRIDGE's …>`. */
export async function databaseState(stack: SwitchStack, withStatistics: boolean): Promise<StackState> {
  const client = await RawClient.open(stack.path("db.sock"));
  try {
    const database = await dumpDatabase(client);
    const labels = rowLabels(database);
    const state: Record<string, string> = {};
    for (const [table, columns] of Object.entries(statusColumns)) {
      for (const row of database[table] ?? []) {
        const name = String(row["name"] ?? ".");
        const all = withStatistics && table === "Interface" ? [...columns, "statistics"] : columns;
        for (const column of all) {
          const value = row[column];
          if (value === undefined) continue;
          const isRandom = column === "mac_in_use" && /^(patch|tap|system)?$/.test(String(row["type"] ?? ""));
          state[`${table} ${name} ${column}`] = isRandom ? "<random>" : relabel(JSON.stringify(value), labels);
        }
      }
    }
    for (const row of database["Bridge"] ?? []) {
      for (const [name, text] of bridgeIdentity(row)) stack.aliases.set(name, text);
    }
    return Object.fromEntries(Object.entries(state).map(([name, text]) => [name, stack.unalias(text)]));
  } finally {
    client.close();
  }
}

function bridgeIdentity(row: Parameters<typeof uuidOf>[0]): [string, string][] {
  const address = defaultBridgeAddress(uuidOf(row));
  const name = String(row["name"]);
  return [
    [formatDatapathId(datapathIdOf(address)), `<${name}'s id>`],
    [formatMac(address), `<${name}'s address>`],
    [formatMac(address).replaceAll(":", ""), `<${name}'s address>`],
  ];
}

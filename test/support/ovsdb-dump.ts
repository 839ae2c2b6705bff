import { createHash } from "node:crypto";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { RawClient } from "./ovsdb-raw-client.js";

type Wire = Json;
type WireRow = Record<string, Wire>;

/** The rows of a database by table, as `select` gives them. */
export type RawDatabase = Record<string, WireRow[]>;

/** All rows of a database, without `_version` and without columns that hold their type's default. */
export async function dumpDatabase(client: RawClient, database = "Open_vSwitch"): Promise<RawDatabase> {
  const schema = (await client.call("get_schema", [database])).result as { tables: Record<string, never> };
  const tables = Object.keys(schema.tables).sort();
  const selects = tables.map((table) => ({ op: "select", table, where: [] }));
  const results = (await client.call("transact", [database, ...selects])).result as { rows: WireRow[] }[];
  return Object.fromEntries(tables.map((table, i) => [table, (results[i]?.rows ?? []).map(withoutDefaults)]));
}

const defaults = new Set([
  '["set",[]]',
  '["map",[]]',
  '""',
  "0",
  "false",
  '["uuid","00000000-0000-0000-0000-000000000000"]',
]);

function withoutDefaults(row: WireRow): WireRow {
  const kept = Object.entries(row).filter(([name, value]) => name !== "_version" && !defaults.has(formatJson(value)));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const uuidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const shortHash = (text: string): string => createHash("sha1").update(text).digest("hex").slice(0, 4);

export function uuidOf(row: WireRow): string {
  return (row["_uuid"] as [string, string])[1];
}

/**
 * A name for every row that depends only on what the database holds: `<Port p0>`, or for rows without a name a hash of
 * their content, with the rows they refer to named likewise.
 */
export function rowLabels(database: RawDatabase): Map<string, string> {
  let labels = new Map<string, string>();
  for (let round = 0; round < 4; round++) {
    const next = new Map<string, string>();
    for (const [table, rows] of Object.entries(database)) {
      for (const row of rows) {
        const name = row["name"] ?? row["target"];
        const label = name === undefined ? shortHash(rowText(row, labels)) : String(name);
        next.set(uuidOf(row), `<${table} ${label}>`);
      }
    }
    labels = next;
  }
  return labels;
}

/** Puts labels in the place of uuids; unknown uuids become `<uuid 1>`, … in the order they appear. */
export function relabel(text: string, labels: ReadonlyMap<string, string>): string {
  const strangers = new Map<string, string>();
  return text.replace(uuidPattern, (uuid) => {
    const known = labels.get(uuid) ?? strangers.get(uuid);
    if (known !== undefined) return known;
    const label = `<uuid ${strangers.size + 1}>`;
    strangers.set(uuid, label);
    return label;
  });
}

function rowText(row: WireRow, labels: ReadonlyMap<string, string>): string {
  const content = Object.entries(row).filter(([column]) => column !== "_uuid");
  return formatJson(Object.fromEntries(content.map(([column, value]) => [column, canonical(value, labels)])));
}

function canonical(value: Wire, labels: ReadonlyMap<string, string>): Wire {
  if (!Array.isArray(value)) return value;
  const [tag, inner] = value as [string, Wire];
  if (tag === "uuid") return labels.get(inner as string) ?? "<uuid>";
  if (tag !== "set" && tag !== "map") return value.map((v) => canonical(v, labels));
  const members = (inner as Wire[]).map((v) => formatJson(canonical(v, labels))).sort();
  return [tag, members.map((m) => JSON.parse(m) as Json)];
}

/** The database as sorted lines, `Table {columns}`, with labels for uuids. */
export function databaseLines(database: RawDatabase, labels: ReadonlyMap<string, string>): string[] {
  return Object.entries(database)
    .flatMap(([table, rows]) => rows.map((row) => `${table} ${rowText(row, labels)}`))
    .sort();
}

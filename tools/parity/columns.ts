import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { remoteColumns } from "#ovsdb-server/remote-rows.js";
import { followed, otherConfigKeys, withoutEffect } from "#vswitchd/rows.js";
import { written } from "#vswitchd/status.js";
import { upstreamOtherConfig } from "./upstream.js";

type Names = { readonly [table: string]: readonly string[] | undefined };

/** Columns that the usual command line of ovsdb-server names (`--remote=db:…`, `--private-key=db:…`). */
const namedByOptions: Names = {
  Open_vSwitch: ["manager_options", "ssl"],
  SSL: ["private_key", "certificate", "ca_cert"],
};

/** By whom a column is acted on or written; both empty where the database only keeps it. */
export interface ColumnState {
  readonly table: string;
  readonly column: string;
  readonly actedOn: readonly string[];
  readonly written: readonly string[];
}

const has = (names: Names, table: string, column: string): boolean => names[table]?.includes(column) ?? false;

function stateOf(table: string, column: string): ColumnState {
  const follows = has(followed, table, column) && !has(withoutEffect, table, column);
  const remote = (names: readonly string[]): boolean => table === "Manager" && names.includes(column);
  return {
    table,
    column,
    actedOn: [
      ...(follows ? ["ovs-vswitchd"] : []),
      ...(has(namedByOptions, table, column) || remote(remoteColumns.read) ? ["ovsdb-server"] : []),
    ],
    written: [
      ...(has(written, table, column) ? ["ovs-vswitchd"] : []),
      ...(remote(remoteColumns.written) ? ["ovsdb-server"] : []),
    ],
  };
}

/** Every column of the Open_vSwitch schema. */
export const columnStates: readonly ColumnState[] = Object.entries(openVSwitchDeclaration.tables).flatMap(
  ([table, { columns }]) => Object.keys(columns).map((column) => stateOf(table, column)),
);

/** Columns that our tables name and the schema does not have. */
export function unknownColumns(): string[] {
  const known = new Set(columnStates.map(({ table, column }) => `${table}.${column}`));
  return [followed, withoutEffect, written, namedByOptions]
    .flatMap((names: Names) => Object.entries(names))
    .flatMap(([table, columns]) => (columns ?? []).map((column) => `${table}.${column}`))
    .filter((name) => !known.has(name));
}

/** A key of `other_config` and whether something acts on it. */
export interface KeyState {
  readonly table: string;
  readonly key: string;
  readonly actedOn: boolean;
}

/** Every key of `other_config` that upstream documents. */
export const keyStates: readonly KeyState[] = [...upstreamOtherConfig].flatMap(([table, keys]) =>
  keys.map((key) => ({ table, key, actedOn: has(otherConfigKeys, table, key) })),
);

/** Keys that our table names and upstream's manual does not. */
export function unknownKeys(): string[] {
  return Object.entries(otherConfigKeys).flatMap(([table, keys]) =>
    keys.filter((key) => !upstreamOtherConfig.get(table)?.includes(key)).map((key) => `${table}.other_config:${key}`),
  );
}

import type { Json } from "#util/json.js";
import type { ChangeSet, RowChange } from "./change-set.js";
import type { Database } from "./database.js";
import type { Datum } from "./datum.js";
import type { MonitoredColumn, MonitoredTable, MonitorSelect, MonitorSpec } from "./monitor-spec.js";
import { rowToJson } from "./row.js";
import { RowCollector, type RowsByTable } from "./rows-by-table.js";
import { VERSION_COLUMN } from "./schema.js";

/** `<table-updates>` of RFC 7047 section 4.1.6, or `<table-updates2>` of ovsdb-server(7) section 4.1.14. */
export type TableUpdates = RowsByTable;

/** What the reply to `monitor` holds: every row of the tables whose initial contents are wanted. */
export function initialUpdates(spec: MonitorSpec, database: Database): TableUpdates {
  const updates = new RowCollector();
  for (const monitored of spec.values()) {
    if (!monitored.select.initial) continue;
    for (const { uuid, data } of database.table(monitored.table.name).rows.values()) {
      updates.add(monitored.table.name, uuid, { new: columnsToJson(monitored, "initial", data) });
    }
  }
  return updates.take() ?? {};
}

/** What an `update` notification says of a change set, or undefined if the monitor has nothing to say of it. */
export function updatesOf(spec: MonitorSpec, { changes }: ChangeSet): TableUpdates | undefined {
  const updates = new RowCollector();
  for (const change of changes) {
    const monitored = spec.get(change.table.name);
    if (monitored) updates.add(change.table.name, change.uuid, rowUpdate(monitored, change));
  }
  return updates.take();
}

function rowUpdate(monitored: MonitoredTable, change: RowChange): Json | undefined {
  const { before, after } = change;
  if (!before && after) {
    return monitored.select.insert ? { new: columnsToJson(monitored, "insert", after.data) } : undefined;
  }
  if (before && !after) {
    return monitored.select.delete ? { old: columnsToJson(monitored, "delete", before.data) } : undefined;
  }
  const changed = changedAndWanted(monitored, change);
  if (changed.length === 0) return undefined;
  return {
    old: rowToJson(
      before!.data,
      changed.map(({ column }) => column),
    ),
    new: columnsToJson(monitored, "modify", after!.data),
  };
}

/** The monitored columns whose modification is wanted and that a modification changes. `_version` always changes. */
export function changedAndWanted(monitored: MonitoredTable, { changed }: RowChange): readonly MonitoredColumn[] {
  if (!monitored.select.modify) return [];
  return monitored.columns.filter(
    ({ column, select }) => select.modify && (column.index === VERSION_COLUMN || changed.includes(column)),
  );
}

function columnsToJson(monitored: MonitoredTable, kind: keyof MonitorSelect, data: readonly Datum[]): Json {
  const wanted = monitored.columns.filter(({ select }) => select[kind]);
  return rowToJson(
    data,
    wanted.map(({ column }) => column),
  );
}

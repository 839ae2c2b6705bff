import type { Json } from "#util/json.js";
import type { ChangeSet, RowChange } from "./change-set.js";
import { meetsAny } from "./condition.js";
import type { Database } from "./database.js";
import { datumToJson } from "./datum-json.js";
import { columnDifference } from "./difference.js";
import type { MonitoredTable, MonitorSelect, MonitorSpec } from "./monitor-spec.js";
import { changedAndWanted, type TableUpdates } from "./monitor-update.js";
import { isDefault, type Row, rowToJson } from "./row.js";
import { RowCollector } from "./rows-by-table.js";

/** What the reply to `monitor_cond` holds: the rows that meet the conditions, without their defaults. */
export function initialUpdates2(spec: MonitorSpec, database: Database): TableUpdates {
  const updates = new RowCollector();
  for (const monitored of spec.values()) {
    if (!monitored.select.initial) continue;
    for (const row of database.table(monitored.table.name).rows.values()) {
      if (!meetsAny(row.data, monitored.condition)) continue;
      updates.add(monitored.table.name, row.uuid, { initial: nonDefaults(monitored, "initial", row) });
    }
  }
  return updates.take() ?? {};
}

/** What an `update2` or `update3` notification says of a change set, or undefined if nothing. */
export function updates2Of(spec: MonitorSpec, { changes }: ChangeSet): TableUpdates | undefined {
  const updates = new RowCollector();
  for (const change of changes) {
    const monitored = spec.get(change.table.name);
    if (monitored) updates.add(change.table.name, change.uuid, rowUpdate2(monitored, change));
  }
  return updates.take();
}

/** A row comes into sight, goes out of it, or changes within it. */
function rowUpdate2(monitored: MonitoredTable, change: RowChange): Json | undefined {
  const { before, after } = change;
  const wasSeen = before !== undefined && meetsAny(before.data, monitored.condition);
  const isSeen = after !== undefined && meetsAny(after.data, monitored.condition);
  if (!wasSeen || !isSeen) return appearance(monitored, wasSeen, isSeen, after);
  const changed = changedAndWanted(monitored, change);
  if (changed.length === 0) return undefined;
  const row: { [column: string]: Json } = {};
  for (const { column } of changed) {
    const { type, index } = column;
    row[column.name] = datumToJson(type, columnDifference(type, before.data[index]!, after.data[index]!));
  }
  return { modify: row };
}

function appearance(
  monitored: MonitoredTable,
  wasSeen: boolean,
  isSeen: boolean,
  row: Row | undefined,
): Json | undefined {
  if (isSeen && row && !wasSeen) {
    return monitored.select.insert ? { insert: nonDefaults(monitored, "insert", row) } : undefined;
  }
  return wasSeen && !isSeen && monitored.select.delete ? { delete: null } : undefined;
}

/** What follows for a client when its conditions change from `before` to `after`; undefined if nothing. */
export function updates2OfConditions(
  before: MonitorSpec,
  after: MonitorSpec,
  database: Database,
): TableUpdates | undefined {
  const updates = new RowCollector();
  for (const [name, monitored] of after) {
    const old = before.get(name);
    if (old === monitored || !old) continue;
    for (const row of database.table(name).rows.values()) {
      const wasSeen = meetsAny(row.data, old.condition);
      const isSeen = meetsAny(row.data, monitored.condition);
      updates.add(name, row.uuid, appearance(monitored, wasSeen, isSeen, row));
    }
  }
  return updates.take();
}

function nonDefaults(monitored: MonitoredTable, kind: keyof MonitorSelect, row: Row): Json {
  const wanted = monitored.columns.filter(({ column, select }) => select[kind] && !isDefault(column, row.data));
  return rowToJson(
    row.data,
    wanted.map(({ column }) => column),
  );
}

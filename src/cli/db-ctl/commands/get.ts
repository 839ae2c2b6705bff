import { formatAtom } from "#ovsdb/atom-text.js";
import { valueAt } from "#ovsdb/datum.js";
import { atomToJson, datumToJson } from "#ovsdb/datum-json.js";
import { formatDatum } from "#ovsdb/datum-text.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { type ColumnArgument, leadingColumn, parseColumnKey, parseKey } from "../column-argument.js";
import type { CtlCommand } from "../command.js";
import type { CtlContext } from "../context.js";
import type { CtlRow } from "../row.js";

/** A value in both its forms. */
interface Value {
  readonly text: string;
  readonly data: Json;
}

/**
 * `get TABLE RECORD [COLUMN[:KEY]]...`: values of one row, a line each; `--id` gives the row a name. As data a value is what `list`
 * shows, several are an array, and a key that is not there is null.
 */
export const get: CtlCommand = {
  name: "get",
  minArgs: 2,
  maxArgs: Number.POSITIVE_INFINITY,
  arguments: "!TABLE !RECORD *COLUMN?:KEY",
  options: ["if-exists", "id="],
  needs(call, needs) {
    const table = needs.schema.findTable(call.args[0] ?? "");
    needs.addNames(table);
    for (const text of call.args.slice(2)) needs.add(table.name, leadingColumn(table, text).name);
  },
  run(context) {
    const id = context.option("id");
    if (id !== undefined && context.has("if-exists")) {
      throw new UserError("--if-exists and --id may not be specified together");
    }
    const table = context.table();
    const record = context.arg(1);
    const row = context.record(table, record);
    if (row === undefined) return;
    if (id !== undefined) nameRow(context, id, row);
    const values = context.args.slice(2).map((text) => read(context, row, record, parseColumnKey(table, text)));
    for (const { text } of values) context.print(text);
    const data = values.map((value) => value.data);
    if (data.length > 0) context.output.setData(data.length === 1 ? data[0]! : data);
  },
};

function nameRow(context: CtlContext, id: string, row: CtlRow): void {
  const name = context.symbolName(id);
  if (context.symbols.has(name)) {
    throw new UserError(
      context.symbols.get(name).created
        ? `row id "${id}" may only be specified on one --id option`
        : `row id "${id}" specified on "get" command was used before it was defined`,
    );
  }
  const symbol = context.symbols.get(name, row.uuid);
  symbol.created = true;
  // The row exists: it needs no reference to stay.
  symbol.strongRef = true;
}

function read(context: CtlContext, row: CtlRow, record: string, argument: ColumnArgument): Value {
  const { name, type } = argument.column;
  row.verify(name);
  const datum = row.get(name);
  if (argument.key === undefined) return { text: formatDatum(type, datum), data: datumToJson(type, datum) };
  const key = parseKey(argument, "get", context.resolve);
  const value = valueAt(datum, key);
  if (value !== undefined && type.value !== undefined) {
    return { text: formatAtom(type.value.type, value), data: atomToJson(type.value.type, value) };
  }
  if (context.has("if-exists")) return { text: "", data: null };
  throw new UserError(`no key "${argument.key}" in ${row.table.name} record "${record}" column ${name}`);
}

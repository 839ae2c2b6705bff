import type { BaseType } from "./base-type.js";
import { isOptionalScalar, isScalar, UNLIMITED } from "./column-type.js";
import type { ColumnSchema, DatabaseSchema, TableSchema } from "./schema.js";

/** What is written of a table: what it is, and each of its columns by name. */
export interface TableText {
  readonly table: string;
  readonly columns: { readonly [column: string]: string };
}

/** Writes a reference page of a database in Markdown. */
export function formatSchemaReference(
  schema: DatabaseSchema,
  title: string,
  docs: { readonly [table: string]: TableText },
): string {
  const tables = [...schema.tables.values()];
  const overview = tables.map(
    (t) => `| [${t.name}](#${t.name.toLowerCase()}) | ${firstSentence(docs[t.name]!.table)} |`,
  );
  const parts = [
    `# ${title}`,
    `Database \`${schema.name}\`, schema version ${schema.version}. This page is generated from the schema's declaration; do not edit it.`,
    ["| table | purpose |", "|---|---|", ...overview].join("\n"),
    ...tables.map((table) => formatTable(table, docs[table.name]!)),
  ];
  return `${parts.join("\n\n")}\n`;
}

function firstSentence(text: string): string {
  return /^.*?[.:](?= |$)/.exec(text)?.[0].replace(/:$/, ".") ?? text;
}

function formatTable(table: TableSchema, text: TableText): string {
  const rules = [
    table.isRoot ? "Rows stay until deleted." : "A row that no other row refers to is deleted.",
    ...(table.maxRows === UNLIMITED ? [] : [`At most ${table.maxRows} row${table.maxRows === 1 ? "" : "s"}.`]),
    ...table.indexes.map((index) => `Unique: ${index.map((column) => `\`${column.name}\``).join(" with ")}.`),
  ];
  const rows = table.columnList
    .slice(2)
    .map((column) => `| \`${column.name}\` | ${describeColumn(column)} | ${cell(text.columns[column.name]!)} |`);
  return [
    `## ${table.name}`,
    `${text.table} ${rules.join(" ")}`,
    ["| column | type | meaning |", "|---|---|---|", ...rows].join("\n"),
  ].join("\n\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** Names a column's type with its constraints, such as `optional integer, 0 to 4095`. */
function describeColumn(column: ColumnSchema): string {
  const { type } = column;
  const key = describeBase(type.key);
  const shape = type.value
    ? `map of ${key} to ${describeBase(type.value)}${describeCount(type.min, type.max)}`
    : isScalar(type)
      ? key
      : isOptionalScalar(type)
        ? `optional ${key}`
        : `set of ${key}${describeCount(type.min, type.max)}`;
  return shape + (column.mutable ? "" : "; cannot be changed") + (column.ephemeral ? "; not kept on disk" : "");
}

function describeCount(min: number, max: number): string {
  if (max === UNLIMITED) return min > 0 ? ", at least one" : "";
  return min > 0 ? `, 1 to ${max}` : `, up to ${max}`;
}

function describeBase(base: BaseType): string {
  if (base.enum) return base.enum.keys.map((word) => `\`${word}\``).join(" or ");
  if (base.refTable !== undefined) {
    return `${base.refType === "weak" ? "weak reference" : "reference"} to [${base.refTable}](#${base.refTable.toLowerCase()})`;
  }
  const { minInteger: min, maxInteger: max } = base;
  if (min !== undefined && max !== undefined) return `integer (${min} to ${max})`;
  return min !== undefined ? `integer (at least ${min})` : base.type;
}

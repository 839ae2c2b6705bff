import type { SchemaDeclaration } from "./declaration.js";
import { declarationOf } from "./declaration-of.js";
import type { DatabaseSchema } from "./schema.js";

/** How the module is written. */
export interface DeclarationTextSettings {
  /** What the constant is called; made from the schema's name unless said otherwise (`ovnNorthboundDeclaration`). */
  readonly name?: string;
  /** Where the types come from; `weft-switch/ovsdb` unless said otherwise. */
  readonly from?: string;
  /** Said in the first line: where the schema was read from. */
  readonly source?: string;
}

/** A TypeScript module that declares a schema: the declaration as a literal, and the types of its rows. */
export function formatDeclaration(schema: DatabaseSchema, settings: DeclarationTextSettings = {}): string {
  const name = settings.name ?? `${camelCase(schema.name)}Declaration`;
  const rows = `${name[0]!.toUpperCase()}${name.slice(1).replace(/Declaration$/, "")}Rows`;
  const source = settings.source === undefined ? "" : ` from ${settings.source}`;
  return [
    `// The ${schema.name} database's schema ${schema.version}, generated${source}. Do not edit.`,
    `import type { RowsOf } from ${JSON.stringify(settings.from ?? "weft-switch/ovsdb")};`,
    "",
    `/** The schema of the ${schema.name} database. */`,
    `export const ${name} = ${formatObject(declarationOf(schema))} as const;`,
    "",
    `/** Rows of the ${schema.name} database by table name. */`,
    `export type ${rows} = RowsOf<typeof ${name}>;`,
    "",
  ].join("\n");
}

/** A declaration as TypeScript, a line for each column. */
function formatObject(declaration: SchemaDeclaration): string {
  const lines = [
    "{",
    `  name: ${JSON.stringify(declaration.name)},`,
    `  version: ${JSON.stringify(declaration.version)},`,
    "  tables: {",
  ];
  for (const [tableName, { columns, ...rest }] of Object.entries(declaration.tables)) {
    lines.push(`    ${key(tableName)}: {`, "      columns: {");
    for (const [name, column] of Object.entries(columns)) lines.push(`        ${key(name)}: ${literal(column)},`);
    lines.push("      },");
    for (const [member, value] of Object.entries(rest)) lines.push(`      ${member}: ${literal(value)},`);
    lines.push("    },");
  }
  lines.push("  },", "}");
  return lines.join("\n");
}

function key(name: string): string {
  // A member of this name would set the prototype.
  return name === "__proto__" ? '["__proto__"]' : name;
}

function literal(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${key(name)}: ${literal(member)}`);
  return `{ ${members.join(", ")} }`;
}

/** `OVN_Northbound` as `ovnNorthbound`. */
function camelCase(name: string): string {
  const words = name.split("_").filter((word) => word !== "");
  const cased = words.map((word, i) => {
    if (i === 0) return word === word.toUpperCase() ? word.toLowerCase() : word[0]!.toLowerCase() + word.slice(1);
    return word[0]!.toUpperCase() + word.slice(1);
  });
  const joined = cased.join("");
  return /^[A-Za-z]/.test(joined) ? joined : `_${joined}`;
}

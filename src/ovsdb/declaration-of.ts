import type { BaseType } from "./base-type.js";
import { type ColumnType, isOptionalScalar, isScalar, UNLIMITED } from "./column-type.js";
import type { BaseDeclaration, ColumnDeclaration, SchemaDeclaration, TableDeclaration } from "./declaration.js";
import type { ColumnSchema, DatabaseSchema, TableSchema } from "./schema.js";

const leastInteger = -(2n ** 63n);

/** The declaration of a schema: the other way round of `declaredSchema`. Enumerations of reals, booleans and UUIDs are left out. */
export function declarationOf(schema: DatabaseSchema): SchemaDeclaration {
  const tables = [...schema.tables.values()].map((table) => [table.name, tableDeclaration(table)] as const);
  return { name: schema.name, version: schema.version, tables: Object.fromEntries(tables) };
}

function tableDeclaration(table: TableSchema): TableDeclaration {
  const columns = table.columnList.slice(2).map((column) => [column.name, columnDeclaration(column)] as const);
  return {
    columns: Object.fromEntries(columns),
    ...(table.isRoot ? { isRoot: true } : {}),
    ...(table.maxRows === UNLIMITED ? {} : { maxRows: table.maxRows }),
    ...(table.indexes.length === 0
      ? {}
      : { indexes: table.indexes.map((index) => index.map((column) => column.name)) }),
  };
}

function columnDeclaration({ type, mutable, ephemeral }: ColumnSchema): ColumnDeclaration {
  return { ...shapeDeclaration(type), ...(mutable ? {} : { mutable }), ...(ephemeral ? { ephemeral } : {}) };
}

function shapeDeclaration(type: ColumnType): ColumnDeclaration {
  const key = baseDeclaration(type.key);
  if (isScalar(type)) return { one: key };
  if (isOptionalScalar(type)) return { optional: key };
  const count = {
    ...(type.min === 1 ? { min: 1 as const } : {}),
    ...(type.max === UNLIMITED ? {} : { max: type.max }),
  };
  return type.value ? { map: [key, baseDeclaration(type.value)], ...count } : { set: key, ...count };
}

function baseDeclaration(base: BaseType): BaseDeclaration {
  const choices = base.enum?.keys;
  if (choices && base.type === "string") return { oneOf: choices as readonly string[] };
  if (choices && base.type === "integer") return { oneOfIntegers: choices as readonly (number | bigint)[] };
  if (base.refTable !== undefined) return { ref: base.refTable, ...(base.refType === "weak" ? { weak: true } : {}) };
  const { minInteger, maxInteger, minReal, maxReal, minLength, maxLength } = base;
  if (minInteger !== undefined || maxInteger !== undefined) {
    return { integer: limits(minInteger ?? leastInteger, maxInteger) };
  }
  if (minReal !== undefined || maxReal !== undefined) return { real: limits(minReal ?? -Number.MAX_VALUE, maxReal) };
  if (minLength !== undefined || maxLength !== undefined) return { string: limits(minLength ?? 0, maxLength) };
  return base.type;
}

function limits<N>(least: N, greatest: N | undefined): readonly [N] | readonly [N, N] {
  return greatest === undefined ? [least] : [least, greatest];
}

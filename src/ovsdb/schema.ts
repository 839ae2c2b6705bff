import { type ColumnType, UNLIMITED } from "./column-type.js";

/** A column of a table. */
export interface ColumnSchema {
  readonly name: string;
  /** Where rows of the table keep this column's datum. */
  readonly index: number;
  readonly type: ColumnType;
  /** May be changed after its row was inserted. */
  readonly mutable: boolean;
  /** Not kept when the database restarts. */
  readonly ephemeral: boolean;
}

/** A table. Besides the declared columns it has `_uuid` (index 0) and `_version` (index 1). */
export interface TableSchema {
  readonly name: string;
  /** By name, `_uuid` and `_version` first, then as declared. */
  readonly columns: ReadonlyMap<string, ColumnSchema>;
  /** By index. */
  readonly columnList: readonly ColumnSchema[];
  /** Rows stay although nothing refers to them. */
  readonly isRoot: boolean;
  readonly maxRows: number;
  /** Sets of columns that no two rows may share the values of. */
  readonly indexes: readonly (readonly ColumnSchema[])[];
}

/** A database's schema (RFC 7047 section 3.2). */
export interface DatabaseSchema {
  readonly name: string;
  /** `x.y.z`, or empty if there is none. */
  readonly version: string;
  /** Two numbers, a CRC and a length, or empty. */
  readonly cksum: string;
  readonly tables: ReadonlyMap<string, TableSchema>;
}

/** What `makeTable` is told. */
export interface TableParts {
  readonly name: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: ColumnType;
    readonly mutable?: boolean | undefined;
    readonly ephemeral?: boolean | undefined;
  }[];
  readonly isRoot?: boolean | undefined;
  readonly maxRows?: number | undefined;
  readonly indexes?: readonly (readonly string[])[] | undefined;
}

const uuidType: ColumnType = { key: { type: "uuid" }, min: 1, max: 1 };

/** Index of `_uuid` in every row. */
export const UUID_COLUMN = 0;
/** Index of `_version` in every row. */
export const VERSION_COLUMN = 1;

/** Puts a table together. The names in `indexes` must be columns of it. */
export function makeTable(parts: TableParts): TableSchema {
  const columnList: ColumnSchema[] = [
    { name: "_uuid", index: UUID_COLUMN, type: uuidType, mutable: false, ephemeral: false },
    { name: "_version", index: VERSION_COLUMN, type: uuidType, mutable: false, ephemeral: true },
    ...parts.columns.map((column, i) => ({
      name: column.name,
      index: i + 2,
      type: column.type,
      // A weak reference changes when its row goes, so its column has to be mutable.
      mutable: column.mutable !== false || hasWeakRef(column.type),
      ephemeral: column.ephemeral === true,
    })),
  ];
  const columns = new Map(columnList.map((column) => [column.name, column]));
  return {
    name: parts.name,
    columns,
    columnList,
    isRoot: parts.isRoot === true,
    maxRows: parts.maxRows ?? UNLIMITED,
    indexes: (parts.indexes ?? []).map((names) => names.map((name) => columns.get(name)!)),
  };
}

function hasWeakRef(type: ColumnType): boolean {
  return type.key.refType === "weak" || type.value?.refType === "weak";
}

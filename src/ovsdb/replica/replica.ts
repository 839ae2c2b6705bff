import { WireError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import type { RowOf, SchemaDeclaration } from "../declaration.js";
import { type ColumnShape, type ReplicaValue, readValue, shapeOf } from "./column-shape.js";

/** What to follow: the columns of some tables. */
export type Followed<S extends SchemaDeclaration> = {
  readonly [T in keyof S["tables"]]?: readonly (keyof S["tables"][T]["columns"] & string)[];
};

/** The columns followed of a table. */
type FollowedColumn<
  S extends SchemaDeclaration,
  F extends Followed<S>,
  T extends keyof F & keyof S["tables"],
> = F[T] extends readonly (infer C)[] ? C & keyof RowOf<S["tables"][T]> : never;

/** A row as the replica holds it: its UUID and the columns followed. Never changed in place. */
export type ReplicaRow<
  S extends SchemaDeclaration,
  F extends Followed<S>,
  T extends keyof F & keyof S["tables"],
> = Pick<RowOf<S["tables"][T]>, "uuid" | FollowedColumn<S, F, T>>;

type AnyRow = { readonly uuid: string; readonly [column: string]: ReplicaValue };
type Shapes = Map<string, Map<string, ColumnShape>>;

type JsonObject = { readonly [name: string]: Json };

const empty: Readonly<Record<ColumnShape, ReplicaValue>> = { scalar: "", optional: undefined, set: [], map: new Map() };

/** What a row has in columns that the server does not know. */
function blank(shapes: ReadonlyMap<string, ColumnShape>): Record<string, ReplicaValue> {
  return Object.fromEntries([...shapes].map(([column, shape]) => [column, empty[shape]]));
}

function object(json: Json, what: string): JsonObject {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new WireError(`${what} is not an object`);
  return json as JsonObject;
}

/**
 * A copy of some tables and columns of a database, kept by feeding it the replies and notifications of RFC 7047's `monitor`. No I/O: a
 * session elsewhere asks `request()` and hands over what comes back. Rows are immutable, so that a reader may keep an old one.
 */
export class Replica<S extends SchemaDeclaration, F extends Followed<S>> {
  readonly #shapes: Shapes = new Map();
  readonly #tables = new Map<string, Map<string, AnyRow>>();

  constructor(declaration: S, followed: F) {
    for (const [name, table] of Object.entries(declaration.tables)) {
      const columns = followed[name];
      if (!columns) continue;
      this.#shapes.set(name, new Map(columns.map((c) => [c, shapeOf(table.columns[c]!)])));
      this.#tables.set(name, new Map());
    }
  }

  /**
   * The `monitor-requests` member of a monitor request (RFC 7047, 4.1.5). `has` says which columns the server's schema knows; an older one lacks
   * some, which then read as empty.
   */
  request(has: (table: string, column: string) => boolean = () => true): Json {
    const requests = [...this.#shapes].map(([table, columns]) => {
      const known = [...columns.keys()].filter((column) => has(table, column));
      return [table, { columns: known }] as const;
    });
    return Object.fromEntries(requests.filter(([, { columns }]) => columns.length > 0));
  }

  /** Takes the reply to a monitor request: everything held before is replaced. */
  replace(tableUpdates: Json): void {
    for (const table of this.#tables.values()) table.clear();
    this.update(tableUpdates);
  }

  /**
   * Takes `table-updates` (RFC 7047, 4.1.6), and gives what has changed: `TABLE.COLUMN` for columns of rows that were there, `TABLE` for rows that
   * came or went. Throws `WireError` where they are malformed; nothing has changed then.
   */
  update(tableUpdates: Json): ReadonlySet<string> {
    const steps: (() => void)[] = [];
    const changed = new Set<string>();
    for (const [tableName, rows] of Object.entries(object(tableUpdates, "table-updates"))) {
      const shapes = this.#shapes.get(tableName);
      const table = this.#tables.get(tableName);
      if (!shapes || !table) continue;
      for (const [uuid, change] of Object.entries(object(rows, "table-update"))) {
        const { new: fresh, old } = object(change, "row-update");
        if (fresh === undefined || old === undefined) changed.add(tableName);
        else for (const column of Object.keys(object(old, "row"))) changed.add(`${tableName}.${column}`);
        if (fresh === undefined) {
          steps.push(() => table.delete(uuid));
          continue;
        }
        const columns = object(fresh, "row");
        const values: Record<string, ReplicaValue> = {};
        for (const [column, shape] of shapes) {
          if (column in columns) values[column] = readValue(shape, columns[column] as Json);
        }
        steps.push(() => table.set(uuid, { ...(table.get(uuid) ?? blank(shapes)), ...values, uuid }));
      }
    }
    for (const step of steps) step();
    return changed;
  }

  /** The rows of a table, by UUID. */
  rows<T extends keyof F & keyof S["tables"] & string>(table: T): ReadonlyMap<string, ReplicaRow<S, F, T>> {
    // The declaration that gave the shapes gave the type.
    return this.#tables.get(table) as unknown as ReadonlyMap<string, ReplicaRow<S, F, T>>;
  }
}

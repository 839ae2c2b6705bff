import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { WhereByTable } from "./conditions.js";
import type { ServedColumns } from "./resolve.js";

/**
 * The conditions that are wanted and those that the server goes by. They differ between a change and its answer, and from a change
 * made while there is no connection until the next monitor stands.
 */
export class MonitorConditions {
  #wanted: Map<string, readonly Json[]>;
  #inForce: Map<string, readonly Json[]>;
  #asked: Map<string, readonly Json[]> | undefined;

  constructor(where: WhereByTable) {
    this.#wanted = new Map(where);
    this.#inForce = new Map(where);
  }

  /** The server goes by what is wanted. */
  get settled(): boolean {
    return this.#asked === undefined && this.#change() === undefined;
  }

  /** Wants other conditions for the tables named. */
  want(where: WhereByTable): void {
    for (const [table, clauses] of where) this.#wanted.set(table, clauses);
  }

  /** All contents are fetched anew, so the wanted conditions can be used at once. */
  restart(): void {
    this.#asked = undefined;
    this.#inForce = new Map(this.#wanted);
  }

  /** The connection is lost. True if a change was on its way: nobody knows by which conditions the rows are here. */
  lost(): boolean {
    const uncertain = this.#asked !== undefined;
    this.#asked = undefined;
    return uncertain;
  }

  /** The `where` of a table's monitor request. */
  where(table: string): readonly Json[] | undefined {
    return this.#inForce.get(table);
  }

  /** The `monitor_cond_change` to be sent now; undefined if there is none, or one is on its way. */
  next(served: ServedColumns): { readonly [table: string]: Json } | undefined {
    if (this.#asked) return undefined;
    const change = this.#change();
    if (!change) return undefined;
    this.#asked = new Map(this.#wanted);
    const there = change.filter((table) => served.tables.has(table));
    return Object.fromEntries(there.map((table) => [table, [{ where: this.#wanted.get(table)! }]]));
  }

  /** The change on its way has been made. */
  acknowledged(): void {
    if (this.#asked) this.#inForce = this.#asked;
    this.#asked = undefined;
  }

  /** The tables whose conditions are to change. */
  #change(): string[] | undefined {
    const text = (clauses: readonly Json[] | undefined): string => formatJson(clauses ?? [true]);
    const tables = [...this.#wanted.keys()].filter(
      (table) => text(this.#wanted.get(table)) !== text(this.#inForce.get(table)),
    );
    return tables.length > 0 ? tables : undefined;
  }
}

import type { Uuid } from "../atom.js";

/**
 * A row that a transaction inserts, as other rows of the transaction may name it. Its UUID is known when the transaction has been
 * carried out.
 */
export class NewRow<T extends string = string> {
  readonly table: T;
  /** Stands for the row's UUID in values, until they are written as `named-uuid`. No version of UUID has such a value. */
  readonly placeholder: Uuid;
  /** The `uuid-name` of the insertion. */
  readonly name: string;

  constructor(table: T, serial: number) {
    this.table = table;
    this.placeholder = `ffffffff-ffff-ffff-ffff-${serial.toString(16).padStart(12, "0")}` as Uuid;
    this.name = `row${serial}`;
  }
}

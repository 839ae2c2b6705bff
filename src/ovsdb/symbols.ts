import type { Uuid } from "./atom.js";

/** A name that stands for a row's UUID while a transaction is put together or carried out. */
export interface RowSymbol {
  readonly uuid: Uuid;
  /** A row of this name has been inserted. */
  created: boolean;
  /** Something holds a strong reference to it. */
  strongRef: boolean;
  /** Something holds a weak reference to it. */
  weakRef: boolean;
}

/** The names of one transaction. A name gets its UUID when first seen, be it as a reference or at its insertion. */
export class SymbolTable {
  readonly #symbols = new Map<string, RowSymbol>();
  readonly #newUuid: () => Uuid;

  constructor(newUuid: () => Uuid) {
    this.#newUuid = newUuid;
  }

  /** The symbol called `name`, made with `uuid` (or a new one) if it is not there yet. */
  get(name: string, uuid?: Uuid): RowSymbol {
    let symbol = this.#symbols.get(name);
    if (!symbol) {
      symbol = { uuid: uuid ?? this.#newUuid(), created: false, strongRef: false, weakRef: false };
      this.#symbols.set(name, symbol);
    }
    return symbol;
  }

  has(name: string): boolean {
    return this.#symbols.has(name);
  }

  [Symbol.iterator](): IterableIterator<[string, RowSymbol]> {
    return this.#symbols.entries();
  }
}

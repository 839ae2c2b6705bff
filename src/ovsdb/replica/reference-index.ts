import type { Uuid } from "../atom.js";
import type { ReplicaColumn } from "./resolve.js";
import type { AnyRow, Entry, RowListener } from "./store.js";

/** Which rows name a UUID in one column: the other way round of a reference. */
export class ReferenceIndex implements RowListener {
  readonly #column: ReplicaColumn;
  readonly #referrers = new Map<Uuid, Map<Uuid, Entry>>();

  constructor(column: ReplicaColumn, entries: Iterable<Entry>) {
    this.#column = column;
    for (const entry of entries) this.#add(entry);
  }

  changed(uuid: Uuid, before: Entry | undefined, after: Entry | undefined): void {
    for (const named of before ? this.#namedIn(before) : []) {
      const rows = this.#referrers.get(named);
      rows?.delete(uuid);
      if (rows?.size === 0) this.#referrers.delete(named);
    }
    if (after) this.#add(after);
  }

  /** The rows that name `uuid`. */
  referring(uuid: Uuid): AnyRow[] {
    return [...(this.#referrers.get(uuid)?.values() ?? [])].map(({ row }) => row);
  }

  #add(entry: Entry): void {
    for (const named of this.#namedIn(entry)) {
      const rows = this.#referrers.get(named);
      if (rows) rows.set(entry.uuid, entry);
      else this.#referrers.set(named, new Map([[entry.uuid, entry]]));
    }
  }

  #namedIn(entry: Entry): readonly Uuid[] {
    const { keys, values } = entry.data[this.#column.index]!;
    return (values ?? keys) as readonly Uuid[];
  }
}

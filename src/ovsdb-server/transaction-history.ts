import { type Uuid, ZERO_UUID } from "#ovsdb/atom.js";
import type { ChangeSet, RowChange } from "#ovsdb/change-set.js";
import { changedColumns } from "#ovsdb/row.js";

/** How many transactions are kept, and how many changes of rows in them. */
const mostTransactions = 100;
const mostChanges = 10_000;

interface Entry {
  readonly id: Uuid;
  readonly changes: readonly RowChange[];
}

/**
 * The last transactions of a database by their ids, so that a client which was away for a moment is told what it missed rather than
 * everything (`monitor_cond_since`, ovsdb-server(7) section 4.1.15).
 */
export class TransactionHistory {
  readonly #newUuid: () => Uuid;
  #entries: Entry[] = [];
  #changes = 0;
  /** What the contents are after the last transaction; the id of a transaction nobody saw where there was none yet. */
  #latest: Uuid | undefined;

  constructor(newUuid: () => Uuid) {
    this.#newUuid = newUuid;
  }

  /** The id of the present contents. */
  get latest(): Uuid {
    this.#latest ??= this.#newUuid();
    return this.#latest;
  }

  /** Takes up a transaction; `latest` is its id from now on, a new one where it has none yet. */
  add({ changes }: ChangeSet, id?: Uuid): void {
    // The entry holds the id of the contents it began from.
    this.#entries.push({ id: this.latest, changes });
    this.#latest = id ?? this.#newUuid();
    this.#changes += changes.length;
    while (this.#entries.length > mostTransactions || this.#changes > mostChanges) {
      this.#changes -= this.#entries.shift()?.changes.length ?? 0;
    }
  }

  /** All that has changed since a transaction, as one; undefined where it is not known, or was too long ago. */
  since(id: Uuid): ChangeSet | undefined {
    if (id === ZERO_UUID) return undefined;
    if (id === this.#latest) return { changes: [], serial: -1 };
    const at = this.#entries.findIndex((entry) => entry.id === id);
    return at < 0 ? undefined : merged(this.#entries.slice(at).flatMap((entry) => entry.changes));
  }

  /** The contents are other ones now. */
  clear(): void {
    this.#entries = [];
    this.#changes = 0;
    this.#latest = undefined;
  }
}

/** Several changes of each row, made one. */
function merged(changes: readonly RowChange[]): ChangeSet {
  const rows = new Map<string, RowChange>();
  for (const change of changes) {
    const key = `${change.table.name} ${change.uuid}`;
    const earlier = rows.get(key);
    rows.set(key, earlier ? { ...change, before: earlier.before } : change);
  }
  const net: RowChange[] = [];
  for (const change of rows.values()) {
    const { table, before, after } = change;
    if (!before && !after) continue;
    net.push({ ...change, changed: before && after ? changedColumns(table, before, after) : [] });
  }
  return { changes: net, serial: -1 };
}

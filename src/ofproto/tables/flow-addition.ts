import type { FlowChanges } from "./flow-changes.js";
import type { FlowModification } from "./flow-modification.js";
import type { FlowTables } from "./flow-tables.js";
import type { Rule } from "./rule.js";

const none: readonly never[] = [];

/** What an addition needs of the bridge whose tables it is for. */
export interface AdditionHost {
  readonly tables: FlowTables;
  now(): number;
  /** As `flowModification` of the addition: where it is not as simple as most. */
  modification(rule: Rule): FlowModification;
  /** A flow is there that was not: who wants to know is told. */
  added(addition: FlowAddition): void;
}

/**
 * The addition of a flow that was read already. Nearly all come into a table that has room and no flow of the same match: those are done without what it
 * takes to take several steps back. Bundles have very many of these.
 */
export class FlowAddition implements FlowModification {
  readonly #host: AdditionHost;
  readonly #rule: Rule;
  /** Who asked. */
  readonly connection: object;
  readonly xid: number;
  /** Where it is not simple. */
  #steps: FlowModification | undefined = undefined;

  constructor(host: AdditionHost, rule: Rule, connection: object, xid: number) {
    this.#host = host;
    this.#rule = rule;
    this.connection = connection;
    this.xid = xid;
  }

  get changes(): FlowChanges {
    return this.#steps?.changes ?? { added: [this.#rule], modified: none, removed: none };
  }

  start(): void {
    const rule = this.#rule;
    const { tables } = this.#host;
    const table = tables.table(rule.tableId);
    if (table.isFull || table.classifier.findLike(rule, tables.version + 1) !== undefined) {
      this.#steps = this.#host.modification(rule);
      this.#steps.start();
      return;
    }
    rule.begin(this.#host.now());
    tables.insert(rule);
  }

  finish(): void {
    this.#steps?.finish();
    this.#host.added(this);
  }

  revert(): void {
    if (this.#steps) this.#steps.revert();
    else {
      this.#host.tables.hide(this.#rule);
      this.#host.tables.purge(this.#rule);
    }
  }
}

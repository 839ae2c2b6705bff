import type { TableMod } from "#openflow/messages/table/table-mod.js";
import type { Cancel, Clock } from "#util/clock.js";
import type { RemovalReason } from "./flow-changes.js";
import type { FlowTable } from "./flow-table.js";
import type { FlowTables } from "./flow-tables.js";
import type { Rule } from "./rule.js";
import { applyTableMod } from "./table-mod.js";
import type { FlowTableSettings } from "./table-settings.js";

/** Milliseconds at least between two looks at timeouts. */
const SELDOM = 100;

/** What the keeper of a bridge's tables does to the bridge. */
export interface KeptBridge {
  readonly tables: FlowTables;
  readonly clock: Clock;
  /** Flows are being put back after a restart: none times out. */
  isRestoring(): boolean;
  /** Credits rules with what the datapath has counted. */
  collectStatistics(): void;
  removeFlows(rules: readonly Rule[], reason: RemovalReason): void;
  /** Tells controllers that a table has become full or empty. */
  tableStatus(table: number, reason: "vacancy_down" | "vacancy_up"): void;
}

/** Does what a bridge's tables need without anybody asking: timeouts, lowered limits, vacancy events. */
export class TableKeeper {
  readonly #bridge: KeptBridge;
  #timer: { readonly at: number; readonly cancel: Cancel } | undefined;
  /** Tables that tell how full they are. */
  #watched: readonly FlowTable[] = [];
  #last = Number.NEGATIVE_INFINITY;

  constructor(bridge: KeptBridge) {
    this.#bridge = bridge;
  }

  /** Flows have changed, or their timeouts. */
  changed(): void {
    for (const table of this.#watched) {
      const event = table.vacancyEvent();
      if (event !== undefined) this.#bridge.tableStatus(table.id, event);
    }
    this.#schedule();
  }

  /** What a controller wants of tables. Throws `OfpError`. */
  modify(mod: TableMod): void {
    applyTableMod(this.#bridge.tables, mod);
    this.#watched = [...this.#bridge.tables].filter((t) => t.vacancyLimits !== undefined);
  }

  /** What the operator wants of tables, by number. Where a table takes fewer flows than it has, and may evict, some go. */
  configure(settings: ReadonlyMap<number, FlowTableSettings>): void {
    for (const table of this.#bridge.tables) {
      table.configure(settings.get(table.id) ?? {});
      for (;;) {
        const { flowLimit } = table;
        if (flowLimit === undefined || table.count <= flowLimit) break;
        const rule = table.toEvict();
        if (rule === undefined) break;
        this.#bridge.removeFlows([rule], "eviction");
      }
    }
  }

  close(): void {
    this.#timer?.cancel.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    const { tables, clock } = this.#bridge;
    const wake = tables.expiry.nextWake();
    if (wake === undefined || this.#bridge.isRestoring()) return;
    const at = Math.max(wake + 1, this.#last + SELDOM);
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel.cancel();
    const cancel = clock.after(Math.max(0, at - clock.now()), () => {
      this.#timer = undefined;
      this.#expire();
    });
    this.#timer = { at, cancel };
  }

  #expire(): void {
    const { tables, clock } = this.#bridge;
    this.#last = clock.now();
    const wake = tables.expiry.nextWake();
    if (wake !== undefined && wake < this.#last) {
      // Packets that the datapath has seen put an idle timeout off.
      this.#bridge.collectStatistics();
      const due = tables.expiry.due(this.#last);
      for (const reason of ["idle_timeout", "hard_timeout"] as const) {
        const rules = due.filter((e) => e.reason === reason).map((e) => e.rule);
        if (rules.length > 0) this.#bridge.removeFlows(rules, reason);
      }
    }
    this.#schedule();
  }
}

import type { Version } from "#flow/classifier-entry.js";
import type { FlowKey, FlowMask } from "#flow/key.js";
import { CookieIndex } from "./cookie-index.js";
import { Expiry } from "./expiry.js";
import { FlowTable } from "./flow-table.js";
import type { Rule } from "./rule.js";
import { RuleUsers } from "./rule-users.js";

/** Number of tables that controllers may use are those below; this one and no other is the switch's own. */
export const INTERNAL_TABLE = 254;

/** OFPTT_ALL. */
export const TABLES = 255;

/** A bridge's flow tables at their current version. */
export class FlowTables {
  /** What lookups see. A commit makes its changes at the next one and then raises it. */
  version: Version = 1;
  /** Which flows use groups and meters: all but those that are hidden. */
  readonly users: RuleUsers = new RuleUsers();
  /** Flows by when they run out. */
  readonly expiry: Expiry = new Expiry();
  readonly #tables: readonly FlowTable[] = Array.from({ length: TABLES }, (_, id) => new FlowTable(id, this.expiry));
  /** Live flows by cookie. */
  readonly #byCookie = new CookieIndex();

  /** `id` from 0 to 254. */
  table(id: number): FlowTable {
    return this.#tables[id]!;
  }

  /** The rule for a packet; the bits the answer depends on are added to `mask`. */
  lookup(tableId: number, key: FlowKey, mask: FlowMask): Rule | undefined {
    return this.#tables[tableId]!.lookup(this.version, key, mask);
  }

  /** Every rule that lookups see, by table, of higher priority first. */
  rules(): Rule[] {
    return this.#tables.flatMap((t) => (t.size === 0 ? [] : t.rules(this.version)));
  }

  /** Rules there are, hidden ones too. */
  get size(): number {
    return this.#tables.reduce((sum, t) => sum + t.size, 0);
  }

  [Symbol.iterator](): IterableIterator<FlowTable> {
    return this.#tables[Symbol.iterator]();
  }

  /** Makes a rule visible at the next version. */
  insert(rule: Rule): void {
    this.table(rule.tableId).insert(rule, this.version + 1);
    this.#byCookie.add(rule);
    this.users.add(rule);
  }

  /** Makes a live rule invisible at the next version. */
  hide(rule: Rule): void {
    this.table(rule.tableId).hide(rule, this.version + 1);
    this.#byCookie.remove(rule);
    this.users.remove(rule);
  }

  /** Takes `hide` back. */
  unhide(rule: Rule): void {
    this.table(rule.tableId).unhide(rule);
    this.#byCookie.add(rule);
    this.users.add(rule);
  }

  /** Forgets a rule that was hidden. */
  purge(rule: Rule): void {
    this.table(rule.tableId).purge(rule);
  }

  /** Takes out at once all flows that controllers can see. */
  flush(): void {
    for (const rule of this.rules()) {
      if (rule.isHidden || rule.tableId === INTERNAL_TABLE) continue;
      this.hide(rule);
      this.purge(rule);
    }
  }

  /** `fin_timeout`: lowers a flow's timeouts, in seconds; 0 leaves one as it is. One that is lower already stays. */
  lowerTimeouts(rule: Rule, idle: number, hard: number): void {
    this.table(rule.tableId).lowerTimeouts(rule, idle, hard);
  }

  /** The live rules of a cookie; undefined for 0, which is not indexed. */
  liveOfCookie(cookie: bigint): Iterable<Rule> | undefined {
    return this.#byCookie.rules(cookie);
  }
}

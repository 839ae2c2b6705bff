import type { Action } from "#openflow/actions/action.js";
import { parseFlowMatch } from "#openflow/match-parse.js";
import type { Bridge } from "../bridge.js";
import { Rule } from "../tables/rule.js";

/** A rule of the switch's own, above those of controllers. */
export interface HiddenRule {
  /** More than 65535. */
  readonly priority: number;
  /** As ovs-ofctl(8) writes matches. */
  readonly match: string;
  readonly actions: readonly Action[];
}

/** Some rules of the switch's own in its first table, which controllers neither see nor change. */
export class HiddenRules {
  readonly #bridge: Bridge;
  readonly #installed = new Map<string, Rule>();

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** Has these rules there, and no others of this set's. */
  set(wanted: readonly HiddenRule[]): void {
    const { state, backer } = this.#bridge;
    const table = state.tables.table(0);
    const keys = new Map(wanted.map((rule) => [keyOf(rule), rule]));
    let isOther = false;
    for (const [key, rule] of this.#installed) {
      if (keys.has(key)) continue;
      table.delete(rule);
      this.#installed.delete(key);
      isOther = true;
    }
    for (const [key, { priority, match, actions }] of keys) {
      if (this.#installed.has(key)) continue;
      const now = backer.clock.now();
      const rule = new Rule({ tableId: 0, priority, match: parseFlowMatch(match), actions, now });
      table.add(rule);
      this.#installed.set(key, rule);
      isOther = true;
    }
    if (isOther) backer.changed();
  }
}

const keyOf = ({ priority, match, actions }: HiddenRule): string => `${priority},${match},${JSON.stringify(actions)}`;

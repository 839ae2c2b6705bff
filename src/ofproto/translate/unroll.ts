import type { Action } from "#openflow/actions/action.js";
import { formatActions } from "#openflow/actions/table.js";
import type { FrozenStep } from "./frozen-state.js";

/** A packet-in says of which table and cookie it is: these make some, or may. The others do not care whose they are. */
const telling: ReadonlySet<Action["kind"]> = new Set<Action["kind"]>([
  "output",
  "output_reg",
  "output_trunc",
  "controller",
  "group",
  "dec_ttl",
  "dec_mpls_ttl",
  "dec_nsh_ttl",
]);

const OWN_TABLE = 255;

function tells(action: Action): boolean {
  return telling.has(action.kind) || (action.kind === "resubmit" && action.table === OWN_TABLE);
}

/** What a step becomes: actions, before which the flow's table and cookie are put back where that matters. */
export interface UnrolledStep extends FrozenStep {
  /** True where the table and the cookie are told, by `unroll_xlate`. */
  readonly unrolls: boolean;
}

/** Steps as upstream keeps them: a flow's table and cookie come before the first of its actions that may tell of them. */
export function unroll(steps: readonly FrozenStep[]): UnrolledStep[] {
  return steps.flatMap((step) => {
    const first = step.actions.findIndex(tells);
    const cut = first < 0 ? step.actions.length : first;
    const parts = [
      { ...step, actions: step.actions.slice(0, cut), unrolls: false },
      { ...step, actions: step.actions.slice(cut), unrolls: true },
    ];
    return parts.filter((part) => part.actions.length > 0);
  });
}

/** The step's table and cookie as an action. */
export const unrollText = ({ table, cookie }: FrozenStep): string => `unroll_xlate(table=${table}, cookie=${cookie})`;

/** Steps as one list of actions. */
export function formatUnrolled(steps: readonly UnrolledStep[]): string {
  return steps.flatMap((step) => [...(step.unrolls ? [unrollText(step)] : []), formatActions(step.actions)]).join(",");
}

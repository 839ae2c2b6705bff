import { getFieldBig, isFieldZero } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import { prerequisiteHolds } from "#flow/prerequisites.js";
import type { FlowStats } from "#openflow/messages/flow/flow-stats.js";
import type { SortKey } from "./options.js";

/** Sorts flows by the keys, the first one counting most; then higher priorities first; what is alike stays in order. Flows that do not have a field come last. */
export function sortFlows(flows: FlowStats[], keys: readonly SortKey[]): void {
  if (keys.length === 0) return;
  flows.sort((a, b) => {
    for (const { field, descending } of keys) {
      const order = field === undefined ? a.priority - b.priority : compareField(a, b, field);
      if (order === Number.POSITIVE_INFINITY || order === Number.NEGATIVE_INFINITY) return Math.sign(order);
      if (order !== 0) return descending ? -order : order;
    }
    return b.priority - a.priority;
  });
}

/**
 * Infinite where only one of them has the field, which goes first whatever the direction. Where neither has it the bits count all the same, as they
 * do upstream: for --sort=tcp_src a flow of UDP ports comes behind one without ports.
 */
function compareField(a: FlowStats, b: FlowStats, field: Field): number {
  const [hasA, hasB] = [hasField(a, field), hasField(b, field)];
  if (hasA !== hasB) return hasA ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const [valueA, valueB] = [getFieldBig(a.match.key, field), getFieldBig(b.match.key, field)];
  return valueA < valueB ? -1 : valueA > valueB ? 1 : 0;
}

const hasField = ({ match }: FlowStats, field: Field): boolean =>
  !isFieldZero(match.mask, field) && prerequisiteHolds(field.prerequisite, match.key);

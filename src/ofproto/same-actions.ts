import type { DatapathAction } from "#datapath/actions.js";

/** True where two lists of actions do the same. */
export function sameActions(a: readonly DatapathAction[], b: readonly DatapathAction[]): boolean {
  return a.length === b.length && a.every((action, i) => sameAction(action, b[i]!));
}

function sameAction(a: DatapathAction, b: DatapathAction): boolean {
  return JSON.stringify(a, plain) === JSON.stringify(b, plain);
}

function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

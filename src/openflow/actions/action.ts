import type { ControllerAction } from "./controller.js";
import type { OutputAction } from "./output.js";

/** An OpenFlow action, free of versions. An empty list of them drops. */
export type Action = OutputAction | ControllerAction;

/**
 * What there is to know of one kind of action. The rows of `actions/table.ts` are the whole language: text comes from here, and so
 * will each version's wire form and the parser.
 */
export interface ActionRow<A extends { readonly kind: string }> {
  readonly kind: A["kind"];
  /** Text of ovs-actions(7). */
  format(action: A): string;
}

import type { CtEntry, CtFilter } from "./connection-tracking.js";

/** What connection tracking is asked for, as a message to the thread that forwards. `from`: the row to begin with, as packets do not wait for all rows. */
export type CtRequest =
  | { readonly kind: "dump"; readonly filter: CtFilter | undefined; readonly from: number }
  | { readonly kind: "flush"; readonly filter: CtFilter | undefined; readonly from: number }
  | { readonly kind: "expectations"; readonly zone: number | undefined }
  | { readonly kind: "figures" }
  | { readonly kind: "limits"; readonly zones: readonly number[] | undefined }
  | { readonly kind: "fragments" }
  | CtSetting;

/** Part of an answer: what was found, and where the next part begins, if there is one. */
export interface CtPage {
  readonly entries: readonly CtEntry[];
  readonly next: number | undefined;
}

/** A request that has no answer, and holds until there is another one. */
export type CtSetting =
  | { readonly kind: "max_connections"; readonly most: number }
  | { readonly kind: "sweep_interval"; readonly milliseconds: number }
  | { readonly kind: "sequences"; readonly on: boolean }
  | { readonly kind: "default_limit"; readonly limit: number }
  | { readonly kind: "zone_limit"; readonly zone: number; readonly limit: number | undefined }
  | { readonly kind: "timeouts"; readonly name: string; readonly seconds: ReadonlyMap<string, number> | undefined }
  | { readonly kind: "fragments_enabled"; readonly isIpv6: boolean; readonly on: boolean }
  | { readonly kind: "least_fragment"; readonly isIpv6: boolean; readonly bytes: number }
  | { readonly kind: "most_fragments"; readonly most: number };

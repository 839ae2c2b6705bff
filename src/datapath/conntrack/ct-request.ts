import type { CtFilter } from "./connection-tracking.js";

/** What connection tracking is asked for, as a message to the thread that forwards. */
export type CtRequest =
  | { readonly kind: "dump"; readonly filter: CtFilter | undefined }
  | { readonly kind: "flush"; readonly filter: CtFilter | undefined }
  | { readonly kind: "figures" }
  | { readonly kind: "limits"; readonly zones: readonly number[] | undefined }
  | { readonly kind: "fragments" }
  | CtSetting;

/** A request that has no answer, and holds until there is another one. */
export type CtSetting =
  | { readonly kind: "max_connections"; readonly most: number }
  | { readonly kind: "sequences"; readonly on: boolean }
  | { readonly kind: "default_limit"; readonly limit: number }
  | { readonly kind: "zone_limit"; readonly zone: number; readonly limit: number | undefined }
  | { readonly kind: "timeouts"; readonly name: string; readonly seconds: ReadonlyMap<string, number> | undefined }
  | { readonly kind: "fragments_enabled"; readonly isIpv6: boolean; readonly on: boolean }
  | { readonly kind: "least_fragment"; readonly isIpv6: boolean; readonly bytes: number }
  | { readonly kind: "most_fragments"; readonly most: number };

import type { MessageRow } from "../message.js";

/** Messages about bundles. */
export type BundleBody = never;

export const bundleRows: readonly MessageRow<BundleBody>[] = [];

import type { MessageRow } from "../message.js";
import { type BundleAdd, bundleAdd } from "./bundle-add.js";
import { type BundleControl, bundleControl } from "./bundle-control.js";

/** Messages about bundles. */
export type BundleBody = BundleControl | BundleAdd;

export const bundleRows: readonly MessageRow<BundleBody>[] = [bundleControl, bundleAdd];

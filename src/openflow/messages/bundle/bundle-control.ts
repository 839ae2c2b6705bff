import { hexText } from "../../number-text.js";
import { OF13, OF14, only, since } from "../../version.js";
import type { MessageForm, MessageNumber, MessageRow } from "../message.js";
import { ONF, ofpt, vendorMessage } from "../message.js";
import { formatBundleFlags } from "./bundle-flags.js";

/** Opens, closes, commits or discards a bundle, or says that it was done. */
export interface BundleControl {
  readonly kind: "bundle_control";
  readonly bundleId: number;
  /** A `BundleControlType`, or another number. */
  readonly type: number;
  /** Bits of `BundleFlag`. */
  readonly flags: number;
}

/** What is asked or answered of a bundle. */
export const BundleControlType = {
  openRequest: 0,
  openReply: 1,
  closeRequest: 2,
  closeReply: 3,
  commitRequest: 4,
  commitReply: 5,
  discardRequest: 6,
  discardReply: 7,
} as const;

const verbs = ["OPEN", "CLOSE", "COMMIT", "DISCARD"] as const;

function typeText(type: number): string {
  const verb = verbs[type >> 1];
  return verb === undefined ? "" : `${verb}_${(type & 1) === 0 ? "REQUEST" : "REPLY"}`;
}

const form = (name: string, number: MessageNumber): MessageForm<BundleControl> => ({
  name,
  numbers: [number],
  length: [8, 8],
  // Properties have no meaning that is known.
  decode: (r) => ({ kind: "bundle_control", bundleId: r.u32(), type: r.u16(), flags: r.u16() }),
  encode: ({ bundleId, type, flags }, w) => void w.u32(bundleId).u16(type).u16(flags),
});

export const bundleControl: MessageRow<BundleControl> = {
  kind: "bundle_control",
  forms: [
    form("OFPT_BUNDLE_CONTROL", ofpt(since(OF14), 33)),
    form("ONFT_BUNDLE_CONTROL", vendorMessage(only(OF13), ONF, 2300)),
  ],
  format: ({ bundleId, type, flags }) =>
    `\n bundle_id=${hexText(bundleId)} type=${typeText(type)} flags=${formatBundleFlags(flags)}`,
};

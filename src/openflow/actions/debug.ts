import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { nx, type WireForm } from "./wire-form.js";

/** For tests of a switch: the packet goes through the datapath once more, or by the slow path. A switch takes them only in its test mode. */
export interface DebugAction {
  readonly kind: "debug_recirc" | "debug_slow";
}

function row(kind: DebugAction["kind"], number: number): ActionRow<DebugAction> {
  const form: WireForm<DebugAction> = {
    ids: [nx(always, number)],
    debug: true,
    length: [16, 16],
    decode: () => ({ kind }),
    encode: (_action, w) => void w.zeros(6),
  };
  return { kind, wire: [form], format: () => kind, parse: { [kind]: () => ({ kind }) } };
}

export const debugRecirculate: ActionRow<DebugAction> = row("debug_recirc", 255);
export const debugSlow: ActionRow<DebugAction> = row("debug_slow", 254);

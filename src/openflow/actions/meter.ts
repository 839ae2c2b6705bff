import { OF13, OF15, only } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU32 } from "./argument.js";
import { numberForm, of } from "./wire-form.js";

/** Gives the packet to a meter. An instruction in OpenFlow 1.3 and 1.4, an action since 1.5. */
export interface Meter {
  readonly kind: "meter";
  readonly meterId: number;
}

export const meter: ActionRow<Meter> = {
  kind: "meter",
  wire: [
    numberForm(
      [of(only(OF15), 29)],
      32,
      0,
      (a) => a.meterId,
      (meterId) => ({ kind: "meter", meterId }),
    ),
  ],
  instead: (_action, version) => (version < OF13 ? [] : undefined),
  format: ({ meterId }) => `meter:${meterId}`,
  parse: { meter: (text) => ({ kind: "meter", meterId: parseU32(text) }) },
};

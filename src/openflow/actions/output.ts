import { formatOfport, OFPP } from "../port-number.js";
import type { ActionRow } from "./action.js";

/** Output to a port, or to a reserved one: `NORMAL`, `FLOOD`, `ALL`, `IN_PORT`, `LOCAL`. */
export interface OutputAction {
  readonly kind: "output";
  /** 16-bit form. */
  readonly port: number;
}

export const output: ActionRow<OutputAction> = {
  kind: "output",
  format: ({ port }) => (port < OFPP.max ? `output:${port}` : formatOfport(port)),
};

/** The action that makes a bridge a learning switch. */
export const normal: OutputAction = { kind: "output", port: OFPP.normal };

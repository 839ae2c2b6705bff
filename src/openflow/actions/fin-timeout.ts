import { UserError } from "#util/errors.js";
import { parseKeyValues } from "../key-value.js";
import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU16 } from "./argument.js";
import { nx } from "./wire-form.js";

/** Shortens the flow's timeouts when a TCP connection ends. Seconds; 0 leaves a timeout as it is. */
export interface FinTimeout {
  readonly kind: "fin_timeout";
  readonly idle: number;
  readonly hard: number;
}

export const finTimeout: ActionRow<FinTimeout> = {
  kind: "fin_timeout",
  wire: [
    {
      ids: [nx(always, 19)],
      length: [16, 16],
      decode: (r) => ({ kind: "fin_timeout", idle: r.u16(), hard: r.u16() }),
      encode: ({ idle, hard }, w) => void w.u16(idle).u16(hard).zeros(2),
    },
  ],
  format: ({ idle, hard }) => {
    const parts = [idle === 0 ? "" : `idle_timeout=${idle}`, hard === 0 ? "" : `hard_timeout=${hard}`];
    return `fin_timeout(${parts.filter((p) => p !== "").join(",")})`;
  },
  parse: {
    fin_timeout: (text) => {
      let [idle, hard] = [0, 0];
      for (const { key, value } of parseKeyValues(text)) {
        if (key === "idle_timeout") idle = parseU16(value, key);
        else if (key === "hard_timeout") hard = parseU16(value, key);
        else throw new UserError(`invalid key '${key}' in 'fin_timeout' argument`);
      }
      return { kind: "fin_timeout", idle, hard };
    },
  },
};

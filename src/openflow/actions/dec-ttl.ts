import { OfpError } from "../ofp-error.js";
import { always, OF10, OF11, only, since } from "../version.js";
import type { ActionRow } from "./action.js";
import { bare, LONGEST, nx, of } from "./wire-form.js";

/** Takes one from the IP TTL; a packet whose TTL ends goes to the controllers of these numbers. */
export interface DecTtl {
  readonly kind: "dec_ttl";
  readonly controllers: readonly number[];
  /** The bytes have a list of controllers, if an empty one. */
  readonly listed?: true;
}

const plain: DecTtl = { kind: "dec_ttl", controllers: [0] };

/** The form without numbers means the controllers whose number is 0. */
const isPlain = ({ controllers, listed }: DecTtl): boolean => controllers.length === 0 && listed !== true;

const bareForm = {
  ...bare<DecTtl>({ ...plain, controllers: [] }, nx(only(OF10), 18)),
  canSay: isPlain,
};

export const decTtl: ActionRow<DecTtl> = {
  kind: "dec_ttl",
  wire: [
    bareForm,
    { ...bare<DecTtl>({ ...plain, controllers: [] }, of(since(OF11), 24)), canSay: isPlain },
    {
      ids: [nx(always, 21)],
      length: [16, LONGEST],
      decode: (r) => {
        const count = r.u16();
        if (!r.zeros(4)) throw new OfpError("NXBRC_MUST_BE_ZERO");
        if (2 * count > r.left) throw new OfpError("OFPBAC_BAD_LEN");
        if (count === 0) return { kind: "dec_ttl", controllers: [], listed: true };
        return { kind: "dec_ttl", controllers: Array.from({ length: count }, () => r.u16()) };
      },
      encode: ({ controllers }, w) => {
        w.u16(controllers.length).zeros(4);
        for (const id of controllers) w.u16(id);
      },
    },
  ],
  format: (a) => (isPlain(a) ? "dec_ttl" : `dec_ttl(${a.controllers.join(",")})`),
  parse: {
    dec_ttl: (text) => ({
      kind: "dec_ttl",
      controllers: text
        .split(/[, ]+/)
        .filter((t) => t !== "")
        .map((t) => Number.parseInt(t, 10) || 0),
    }),
  },
};

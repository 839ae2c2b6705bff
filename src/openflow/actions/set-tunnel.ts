import { field } from "#flow/fields/table.js";
import { hexText } from "../number-text.js";
import { OF11, OF12, since, until } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU64 } from "./argument.js";
import { nx, readAs } from "./wire-form.js";

/** Writes the tunnel ID. */
export interface SetTunnel {
  readonly kind: "set_tunnel";
  readonly id: bigint;
  /** The 64-bit form, also of a number that needs no more than 32. */
  readonly wide: boolean;
}

const isWide = ({ id, wide }: SetTunnel): boolean => wide || id > 0xffffffffn;

export const setTunnel: ActionRow<SetTunnel> = {
  kind: "set_tunnel",
  wire: [
    {
      ids: [nx(until(OF11), 2), readAs(nx(since(OF12), 2))],
      length: [16, 16],
      canSay: (a) => !isWide(a),
      decode: (r) => {
        r.skip(2);
        return { kind: "set_tunnel", id: BigInt(r.u32()), wide: false };
      },
      encode: ({ id }, w) => void w.zeros(2).u32(Number(id)),
    },
    {
      ids: [nx(until(OF11), 9), readAs(nx(since(OF12), 9))],
      length: [24, 24],
      decode: (r) => {
        r.skip(6);
        return { kind: "set_tunnel", id: r.u64(), wide: true };
      },
      encode: ({ id }, w) => void w.zeros(6).u64(id),
    },
  ],
  instead: ({ id }) => [{ kind: "set_field", field: field("tun_id"), value: id, mask: 0xffffffffffffffffn }],
  format: (a) => `set_tunnel${isWide(a) ? "64" : ""}:${hexText(a.id)}`,
  parse: {
    set_tunnel: (text) => ({ kind: "set_tunnel", id: parseU64(text), wide: false }),
    set_tunnel64: (text) => ({ kind: "set_tunnel", id: parseU64(text), wide: true }),
  },
};

import { hexText } from "../number-text.js";
import { OfpError } from "../ofp-error.js";
import { OF10, OF11, only, since } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU64 } from "./argument.js";
import { nx, readAs } from "./wire-form.js";

/** Writes bits of the metadata register. An instruction since OpenFlow 1.1. */
export interface WriteMetadata {
  readonly kind: "write_metadata";
  readonly value: bigint;
  readonly mask: bigint;
}

const ALL = 0xffffffffffffffffn;

export const writeMetadata: ActionRow<WriteMetadata> = {
  kind: "write_metadata",
  wire: [
    {
      ids: [nx(only(OF10), 22), readAs(nx(since(OF11), 22))],
      length: [32, 32],
      decode: (r) => {
        if (!r.zeros(6)) throw new OfpError("NXBRC_MUST_BE_ZERO");
        return { kind: "write_metadata", value: r.u64(), mask: r.u64() };
      },
      encode: ({ value, mask }, w) => void w.zeros(6).u64(value).u64(mask),
    },
  ],
  format: ({ value, mask }) => `write_metadata:${hexText(value)}${mask === ALL ? "" : `/${hexText(mask)}`}`,
  parse: {
    write_metadata: (text) => {
      const [value, mask] = text.split("/", 2);
      return { kind: "write_metadata", value: parseU64(value!), mask: mask === undefined ? ALL : parseU64(mask) };
    },
  },
};

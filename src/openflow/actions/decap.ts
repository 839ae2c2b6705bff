import { UserError } from "#util/errors.js";
import { parseKeyValues } from "../key-value.js";
import { parseUnsigned } from "../number-text.js";
import { OfpError } from "../ofp-error.js";
import { OF13, since } from "../version.js";
import type { ActionRow } from "./action.js";
import { bare, LONGEST, nx } from "./wire-form.js";

/** Takes the outermost header off. */
export interface Decap {
  readonly kind: "decap";
  /** namespace:16 | type:16 of what is then outermost; `USE_NEXT_PROTOCOL` where the header itself says. */
  readonly packetType: number;
}

const USE_NEXT_PROTOCOL = 0xfffe;

/** Takes one from the TTL of a network service header. */
export interface DecNshTtl {
  readonly kind: "dec_nsh_ttl";
}

export const decap: ActionRow<Decap> = {
  kind: "decap",
  wire: [
    {
      ids: [nx(since(OF13), 47)],
      length: [16, LONGEST],
      decode: (r) => {
        r.skip(2);
        const packetType = r.u32();
        if (r.left > 0) throw new OfpError("NXBAC_UNKNOWN_ED_PROP");
        return { kind: "decap", packetType };
      },
      encode: ({ packetType }, w) => void w.zeros(2).u32(packetType),
    },
  ],
  format: ({ packetType }) => {
    if (packetType === USE_NEXT_PROTOCOL) return "decap()";
    const type = packetType & 0xffff;
    return `decap(packet_type(ns=${packetType >>> 16},type=${type === 0 ? "0" : `0x${type.toString(16)}`}))`;
  },
  parse: {
    decap: (text) => {
      let packetType = USE_NEXT_PROTOCOL;
      for (const { key, value } of parseKeyValues(text)) {
        if (key !== "packet_type") throw new UserError(`Invalid decap argument: ${key}`);
        const words = parseKeyValues(value);
        const part = (name: string): number => {
          const word = words.find((w) => w.key === name);
          if (word === undefined) throw new UserError(`Missing packet_type attribute ${name}`);
          const number = parseUnsigned(word.value, 0xffff);
          if (number === undefined) throw new UserError(`invalid ${name} "${word.value}"`);
          return number;
        };
        packetType = ((part("ns") << 16) | part("type")) >>> 0;
      }
      return { kind: "decap", packetType };
    },
  },
};

export const decNshTtl: ActionRow<DecNshTtl> = {
  kind: "dec_nsh_ttl",
  wire: [bare({ kind: "dec_nsh_ttl" }, nx(since(OF13), 48))],
  format: () => "dec_nsh_ttl",
  parse: { dec_nsh_ttl: () => ({ kind: "dec_nsh_ttl" }) },
};

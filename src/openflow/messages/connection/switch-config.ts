import { OfpError } from "../../ofp-error.js";
import { always, OF12, type Version } from "../../version.js";
import { type MessageRow, ofpt } from "../message.js";

/** Asks how a switch is set. */
export interface GetConfigRequest {
  readonly kind: "get_config_request";
}

export const getConfigRequest: MessageRow<GetConfigRequest> = {
  kind: "get_config_request",
  forms: [
    {
      name: "OFPT_GET_CONFIG_REQUEST",
      numbers: [ofpt(always, 7)],
      length: [0, 0],
      decode: () => ({ kind: "get_config_request" }),
      encode: () => {},
    },
  ],
  format: () => "",
};

/** What becomes of IP fragments, by their numbers. */
const fragments = ["normal", "drop", "reassemble", "nx-match"] as const;

/** What becomes of IP fragments: `set-frags`. */
export type Fragments = (typeof fragments)[number];

/** How a switch is set, or shall be. */
export interface SwitchConfig {
  readonly kind: "get_config_reply" | "set_config";
  readonly fragments: Fragments;
  /** Packets whose TTL is bad go to the controller. Until OpenFlow 1.2; later versions say so for each controller. */
  readonly invalidTtlToController: boolean;
  /** Bytes of a packet that no flow takes which go to the controller; 65535: all, without a buffer. */
  readonly missSendLength: number;
}

const FRAGMENTS = 3;
const INVALID_TTL = 4;

const flagsOf = (version: Version): number => (version <= OF12 ? FRAGMENTS | INVALID_TTL : FRAGMENTS);

function config<K extends SwitchConfig["kind"]>(
  kind: K,
  name: string,
  type: number,
): MessageRow<SwitchConfig & { kind: K }> {
  return {
    kind,
    forms: [
      {
        name,
        numbers: [ofpt(always, type)],
        length: [4, 0],
        decode: (r, { version }) => {
          const flags = r.u16();
          // What a switch tells is taken as far as it is known.
          if (kind === "set_config" && (flags & ~flagsOf(version)) !== 0) throw new OfpError("OFPSCFC_BAD_FLAGS");
          return {
            kind,
            fragments: fragments[flags & FRAGMENTS]!,
            invalidTtlToController: (flags & flagsOf(version) & INVALID_TTL) !== 0,
            missSendLength: r.u16(),
          };
        },
        encode: (body, w, { version }) => {
          const invalidTtl = body.invalidTtlToController ? INVALID_TTL & flagsOf(version) : 0;
          w.u16(fragments.indexOf(body.fragments) | invalidTtl).u16(body.missSendLength);
        },
      },
    ],
    format: (body) => {
      const invalidTtl = body.invalidTtlToController ? " invalid_ttl_to_controller" : "";
      return ` frags=${body.fragments}${invalidTtl} miss_send_len=${body.missSendLength}`;
    },
  };
}

export const getConfigReply: MessageRow<SwitchConfig & { kind: "get_config_reply" }> = config(
  "get_config_reply",
  "OFPT_GET_CONFIG_REPLY",
  8,
);
export const setConfig: MessageRow<SwitchConfig & { kind: "set_config" }> = config("set_config", "OFPT_SET_CONFIG", 9);

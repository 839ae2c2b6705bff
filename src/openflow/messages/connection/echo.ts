import { always } from "../../version.js";
import { hexDump } from "../hex-dump.js";
import type { MessageRow } from "../message.js";
import { ofpt } from "../message.js";

/** Asks whether a peer is there; it sends the data back. */
export interface Echo {
  readonly kind: "echo_request" | "echo_reply";
  readonly data: Uint8Array;
}

function echo<K extends Echo["kind"]>(kind: K, name: string, type: number): MessageRow<Echo & { kind: K }> {
  return {
    kind,
    forms: [
      {
        name,
        numbers: [ofpt(always, type)],
        length: [0, 1],
        decode: (r) => ({ kind, data: r.rest() }),
        encode: ({ data }, w) => void w.raw(data),
      },
    ],
    format: ({ data }, { verbosity }) =>
      ` ${data.length} bytes of payload${verbosity < 2 || data.length === 0 ? "" : `\n${hexDump(data).trimEnd()}`}`,
  };
}

export const echoRequest: MessageRow<Echo & { kind: "echo_request" }> = echo("echo_request", "OFPT_ECHO_REQUEST", 2);
export const echoReply: MessageRow<Echo & { kind: "echo_reply" }> = echo("echo_reply", "OFPT_ECHO_REPLY", 3);

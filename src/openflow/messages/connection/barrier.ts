import { OF10, only, since } from "../../version.js";
import { type MessageRow, ofpt } from "../message.js";

/** Is answered when all before it is done. */
export interface Barrier {
  readonly kind: "barrier_request" | "barrier_reply";
}

function barrier<K extends Barrier["kind"]>(
  kind: K,
  name: string,
  types: readonly [of10: number, since11: number],
): MessageRow<{ kind: K }> {
  return {
    kind,
    forms: [
      {
        name,
        numbers: [ofpt(only(OF10), types[0]), ofpt(since(2), types[1])],
        length: [0, 0],
        decode: () => ({ kind }),
        encode: () => {},
      },
    ],
    format: () => "",
  };
}

export const barrierRequest: MessageRow<{ kind: "barrier_request" }> = barrier(
  "barrier_request",
  "OFPT_BARRIER_REQUEST",
  [18, 20],
);
export const barrierReply: MessageRow<{ kind: "barrier_reply" }> = barrier(
  "barrier_reply",
  "OFPT_BARRIER_REPLY",
  [19, 21],
);

import { HEADER_LENGTH, MessageType, makeMessage } from "../../header.js";
import { decodeHello, helloElement, upTo, type VersionBitmap, versionsText } from "../../hello.js";
import { always } from "../../version.js";
import { hexDump } from "../hex-dump.js";
import { type MessageRow, ofpt } from "../message.js";

/** Says which versions a side speaks. */
export interface HelloMessage {
  readonly kind: "hello";
  /** Bit n for the version whose number is n. */
  readonly allowed: VersionBitmap;
  /** The body as it came, where part of it could not be read; what could counts. */
  readonly illFormed?: Uint8Array;
}

export const hello: MessageRow<HelloMessage> = {
  kind: "hello",
  forms: [
    {
      name: "OFPT_HELLO",
      numbers: [ofpt(always, MessageType.hello)],
      length: [0, 1],
      decode: (r, ctx) => {
        const { allowed, wellFormed } = decodeHello(ctx.bytes, (text) => ctx.warn("ofp_util", text));
        return { kind: "hello", allowed, ...(wellFormed ? {} : { illFormed: r.rest() }) };
      },
      encode: ({ allowed, illFormed }, w, { version }) => {
        if (illFormed !== undefined) w.raw(illFormed);
        else if (allowed !== upTo(version)) w.raw(helloElement(allowed));
      },
    },
  ],
  format: ({ allowed, illFormed }, { version, xid }) => {
    const bitmap = `\n version bitmap: ${versionsText(allowed)}`;
    if (illFormed === undefined) return bitmap;
    const message = makeMessage(version, MessageType.hello, xid, illFormed.subarray(0, 0xffff - HEADER_LENGTH));
    return `${bitmap}\n unknown data in hello:\n${hexDump(message).trimEnd()}`;
  },
};

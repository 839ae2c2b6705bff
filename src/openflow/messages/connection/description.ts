import { always } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import { type MessageRow, ofpst } from "../message.js";

/** Asks what a switch is. */
export interface DescriptionRequest {
  readonly kind: "desc_request";
}

export const descriptionRequest: MessageRow<DescriptionRequest> = {
  kind: "desc_request",
  forms: [
    {
      name: "OFPST_DESC request",
      numbers: [ofpst("request", always, 0)],
      length: [0, 0],
      decode: () => ({ kind: "desc_request" }),
      encode: () => {},
    },
  ],
  format: () => "",
};

/** Tells what a switch is. */
export interface DescriptionReply {
  readonly kind: "desc_reply";
  readonly manufacturer: string;
  readonly hardware: string;
  readonly software: string;
  readonly serialNumber: string;
  readonly datapath: string;
}

type Part = Exclude<keyof DescriptionReply, "kind">;

/** The parts with the sizes of their fields. The last byte of each is 0. */
const parts: readonly (readonly [Part, size: number, label: string])[] = [
  ["manufacturer", 256, "Manufacturer"],
  ["hardware", 256, "Hardware"],
  ["software", 256, "Software"],
  ["serialNumber", 32, "Serial Num"],
  ["datapath", 256, "DP Description"],
];

export const descriptionReply: MessageRow<DescriptionReply> = {
  kind: "desc_reply",
  forms: [
    {
      name: "OFPST_DESC reply",
      numbers: [ofpst("reply", always, 0)],
      length: [parts.reduce((length, [, size]) => length + size, 0), 0],
      decode: (r) => {
        const told = Object.fromEntries(parts.map(([part, size]) => [part, readText(r.slice(size))]));
        return { kind: "desc_reply", ...(told as Record<Part, string>) };
      },
      encode: (body, w) => {
        for (const [part, size] of parts) {
          w.text(body[part], size - 1).zeros(1);
        }
      },
    },
  ],
  format: (body) => `\n${parts.map(([part, , label]) => `${label}: ${body[part]}`).join("\n")}`,
};

/** Text to the first byte that is 0, or to the last but one. */
function readText(r: WireReader): string {
  const field = r.copy(r.left).subarray(0, -1);
  const end = field.indexOf(0);
  return utf8.decode(end < 0 ? field : field.subarray(0, end));
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

import { formatOfport, OFPP } from "../../port-number.js";
import {
  between,
  OF10,
  OF11,
  OF13,
  OF14,
  OF15,
  only,
  since,
  until,
  type Version,
  type VersionRange,
} from "../../version.js";
import { readElements } from "../elements.js";
import { type MessageForm, type MessageRow, ofpst } from "../message.js";
import { decodePhyPort, encodePhyPort, formatPhyPorts, type PhyPort, phyPortLength } from "./phy-port.js";
import { readPort, writePort } from "./wire-port.js";

/** Asks for the descriptions of ports. */
export interface PortDescRequest {
  readonly kind: "port_desc_request";
  /** ANY for all; before OpenFlow 1.5 there is no other. */
  readonly port: number;
}

/** Descriptions of ports. */
export interface PortDescReply {
  readonly kind: "port_desc_reply";
  readonly ports: readonly PhyPort[];
}

const TYPE = 13;

export const portDescRequest: MessageRow<PortDescRequest> = {
  kind: "port_desc_request",
  forms: [
    {
      name: "OFPST_PORT_DESC request",
      numbers: [ofpst("request", until(OF14), TYPE)],
      length: [0, 0],
      decode: () => ({ kind: "port_desc_request", port: OFPP.none }),
      encode: () => {},
    },
    {
      name: "OFPST_PORT_DESC request",
      numbers: [ofpst("request", only(OF15), TYPE)],
      length: [8, 0],
      decode: (r, ctx) => ({ kind: "port_desc_request", port: readPort(r, ctx) }),
      encode: ({ port }, w, { version }) => {
        writePort(w, port, version);
        w.zeros(4);
      },
    },
  ],
  format: ({ port }, ctx) => ` port=${formatOfport(port, ctx)}`,
};

const reply = (version: Version, range: VersionRange): MessageForm<PortDescReply> => ({
  name: "OFPST_PORT_DESC reply",
  numbers: [ofpst("reply", range, TYPE)],
  length: [0, version >= OF14 ? 8 : phyPortLength(version)],
  decode: (r, ctx) => {
    const body = (ports: readonly PhyPort[]): PortDescReply => ({ kind: "port_desc_reply", ports });
    return body(
      readElements(
        r,
        () => decodePhyPort(r, ctx),
        (before) => ctx.partial(body(before)),
      ),
    );
  },
  encode: ({ ports }, w, ctx) => {
    for (const port of ports) {
      ctx.element();
      encodePhyPort(port, w, ctx.version);
    }
  },
});

export const portDescReply: MessageRow<PortDescReply> = {
  kind: "port_desc_reply",
  forms: [reply(OF10, only(OF10)), reply(OF11, between(OF11, OF13)), reply(OF14, since(OF14))],
  format: ({ ports }) => `\n${formatPhyPorts(ports)}`.trimEnd(),
};

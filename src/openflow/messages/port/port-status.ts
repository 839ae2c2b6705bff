import { OfpError } from "../../ofp-error.js";
import { between, OF10, OF14, only, since, type Version } from "../../version.js";
import type { MessageForm, MessageRow } from "../message.js";
import { ofpt } from "../message.js";
import { decodePhyPort, encodePhyPort, formatPhyPort, type PhyPort, phyPortLength } from "./phy-port.js";

/** A port came, went or changed. */
export interface PortStatus {
  readonly kind: "port_status";
  readonly reason: PortReason;
  readonly port: PhyPort;
}

/** What happened to a port. */
type PortReason = "add" | "delete" | "modify";

const reasons: readonly (readonly [PortReason, text: string])[] = [
  ["add", "ADD"],
  ["delete", "DEL"],
  ["modify", "MOD"],
];

const form = (version: Version, range: ReturnType<typeof only>, unit: number): MessageForm<PortStatus> => ({
  name: "OFPT_PORT_STATUS",
  numbers: [ofpt(range, 12)],
  length: [8 + phyPortLength(version), unit],
  decode: (r, ctx) => {
    const reason = reasons[r.u8()]?.[0];
    if (reason === undefined) throw new OfpError("NXBRC_BAD_REASON");
    r.skip(7);
    return { kind: "port_status", reason, port: decodePhyPort(r, ctx) };
  },
  encode: ({ reason, port }, w, ctx) => {
    w.u8(reasons.findIndex(([name]) => name === reason)).zeros(7);
    encodePhyPort(port, w, ctx.version);
  },
});

export const portStatus: MessageRow<PortStatus> = {
  kind: "port_status",
  forms: [form(OF10, only(OF10), 0), form(2, between(2, 4), 0), form(OF14, since(OF14), 8)],
  format: ({ reason, port }) => {
    const text = reasons.find(([name]) => name === reason)![1];
    return ` ${text}:${formatPhyPort(port).trimEnd()}`;
  },
};

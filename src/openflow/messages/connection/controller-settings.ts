import { OfpError } from "../../ofp-error.js";
import { always } from "../../version.js";
import { type MessageRow, nxt } from "../message.js";

/** Gives a controller a number, by which `controller` actions name it. */
export interface SetControllerId {
  readonly kind: "set_controller_id";
  /** 16 bits. */
  readonly id: number;
}

export const setControllerId: MessageRow<SetControllerId> = {
  kind: "set_controller_id",
  forms: [
    {
      name: "NXT_SET_CONTROLLER_ID",
      numbers: [nxt(always, 20)],
      length: [8, 0],
      decode: (r) => {
        r.skip(6);
        return { kind: "set_controller_id", id: r.u16() };
      },
      encode: ({ id }, w) => void w.zeros(6).u16(id),
    },
  ],
  format: ({ id }) => ` id=${id}`,
};

const packetInFormats = ["standard", "nxt_packet_in", "nxt_packet_in2"] as const;

/** In which of its forms a controller wants packets. */
export type PacketInFormat = (typeof packetInFormats)[number];

/** Says in which form a controller wants packets. */
export interface SetPacketInFormat {
  readonly kind: "set_packet_in_format";
  readonly format: PacketInFormat;
}

export const setPacketInFormat: MessageRow<SetPacketInFormat> = {
  kind: "set_packet_in_format",
  forms: [
    {
      name: "NXT_SET_PACKET_IN_FORMAT",
      numbers: [nxt(always, 16)],
      length: [4, 0],
      decode: (r, { warn }) => {
        const number = r.u32();
        const format = packetInFormats[number];
        if (format === undefined) {
          warn("ofp_packet", `NXT_SET_PACKET_IN_FORMAT message specified invalid packet-in format ${number}`);
          throw new OfpError("OFPBRC_EPERM");
        }
        return { kind: "set_packet_in_format", format };
      },
      encode: ({ format }, w) => void w.u32(packetInFormats.indexOf(format)),
    },
  ],
  format: ({ format }) => ` format=${format}`,
};

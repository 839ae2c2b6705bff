import { always, OF10, only } from "../../version.js";
import { type MessageRow, nxt } from "../message.js";

/** Nicira's, of OpenFlow 1.0: in which form the switch shall tell of flows. */
export interface SetFlowFormat {
  readonly kind: "set_flow_format";
  /** 0 for OpenFlow 1.0's own, 2 for Nicira's. */
  readonly format: number;
}

const formats: Readonly<Record<number, string>> = { 0: "openflow10", 2: "nxm" };

export const setFlowFormat: MessageRow<SetFlowFormat> = {
  kind: "set_flow_format",
  forms: [
    {
      name: "NXT_SET_FLOW_FORMAT",
      numbers: [nxt(only(OF10), 12)],
      length: [4, 0],
      decode: (r, ctx) => {
        const format = r.u32();
        if (formats[format] === undefined) {
          ctx.warn("ofp_protocol", `NXT_SET_FLOW_FORMAT message specified invalid flow format ${format}`);
        }
        return { kind: "set_flow_format", format };
      },
      encode: ({ format }, w) => void w.u32(format),
    },
  ],
  format: ({ format }) => ` format=${formats[format] ?? "(unknown)"}`,
};

/** Nicira's: whether the upper byte of a flow mod's command is a table. */
export interface FlowModTableId {
  readonly kind: "flow_mod_table_id";
  readonly enable: boolean;
}

export const flowModTableId: MessageRow<FlowModTableId> = {
  kind: "flow_mod_table_id",
  forms: [
    {
      name: "NXT_FLOW_MOD_TABLE_ID",
      numbers: [nxt(always, 15)],
      length: [8, 0],
      decode: (r) => ({ kind: "flow_mod_table_id", enable: r.u8() !== 0 }),
      encode: ({ enable }, w) => void w.u8(enable ? 1 : 0).zeros(7),
    },
  ],
  format: ({ enable }) => (enable ? " enable" : " disable"),
};

/** Nicira's, and of no effect any more: the ages of flows are told always. */
export interface FlowAge {
  readonly kind: "flow_age";
}

export const flowAge: MessageRow<FlowAge> = {
  kind: "flow_age",
  forms: [
    {
      name: "NXT_FLOW_AGE",
      numbers: [nxt(always, 18)],
      length: [0, 0],
      decode: () => ({ kind: "flow_age" }),
      encode: () => {},
    },
  ],
  format: () => "",
};

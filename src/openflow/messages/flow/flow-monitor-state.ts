import { between, OF10, OF12, OF13, only } from "../../version.js";
import { type MessageNumber, type MessageRow, nxt, ONF, vendorMessage } from "../message.js";

/** Ends a monitor. Since OpenFlow 1.4 a request does. */
export interface FlowMonitorCancel {
  readonly kind: "flow_monitor_cancel";
  readonly id: number;
}

/** The switch has too much to tell, and stops; or has told all, and goes on. Since OpenFlow 1.4 updates say so. */
export interface FlowMonitorState {
  readonly kind: "flow_monitor_paused" | "flow_monitor_resumed";
}

/** Nicira's number until OpenFlow 1.2, and ONF's of 1.3, with their names. */
function spellings(name: string, nicira: number, onf: number): readonly (readonly [string, MessageNumber])[] {
  return [
    [`NXT_FLOW_MONITOR_${name}`, nxt(between(OF10, OF12), nicira)],
    [`ONFT_FLOW_MONITOR_${name}`, vendorMessage(only(OF13), ONF, onf)],
  ];
}

export const flowMonitorCancel: MessageRow<FlowMonitorCancel> = {
  kind: "flow_monitor_cancel",
  forms: spellings("CANCEL", 21, 1870).map(([name, number]) => ({
    name,
    numbers: [number],
    length: [4, 0],
    decode: (r) => ({ kind: "flow_monitor_cancel", id: r.u32() }),
    encode: ({ id }, w) => void w.u32(id),
  })),
  format: ({ id }) => ` id=${id}`,
};

function state<K extends FlowMonitorState["kind"]>(
  kind: K,
  name: string,
  nicira: number,
  onf: number,
): MessageRow<{ readonly kind: K }> {
  return {
    kind,
    forms: spellings(name, nicira, onf).map(([formName, number]) => ({
      name: formName,
      numbers: [number],
      length: [0, 0],
      decode: () => ({ kind }),
      encode: () => {},
    })),
    format: () => "",
  };
}

export const flowMonitorPaused: MessageRow<{ readonly kind: "flow_monitor_paused" }> = state(
  "flow_monitor_paused",
  "PAUSED",
  22,
  1871,
);
export const flowMonitorResumed: MessageRow<{ readonly kind: "flow_monitor_resumed" }> = state(
  "flow_monitor_resumed",
  "RESUMED",
  23,
  1872,
);

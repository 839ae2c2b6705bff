import type { FlowMonitorRequest } from "#openflow/messages/flow/flow-monitor-request.js";
import type { FlowMonitorCancel } from "#openflow/messages/flow/flow-monitor-state.js";
import type { Handler } from "../handler.js";

/** NXST_FLOW_MONITOR and OFPMP_FLOW_MONITOR: the flows that are there, and from now on each change of them. */
export const flowMonitorHandler: Handler<FlowMonitorRequest> = {
  kind: "flow_monitor_request",
  changes: false,
  handle: ({ monitors }, { bridge, connection }) => [
    { kind: "flow_monitor_reply", updates: bridge.flowMonitors.request(connection, monitors) },
  ],
};

/** NXT_FLOW_MONITOR_CANCEL. */
export const flowMonitorCancelHandler: Handler<FlowMonitorCancel> = {
  kind: "flow_monitor_cancel",
  changes: false,
  handle: ({ id }, { bridge, connection }) => {
    bridge.flowMonitors.cancel(connection, id);
    return undefined;
  },
};

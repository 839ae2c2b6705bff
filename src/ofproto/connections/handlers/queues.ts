import { OFPQ_ALL, type QueueConfig, type QueueConfigRequest } from "#openflow/messages/port/queue-config.js";
import type { QueueStats, QueueStatsRequest } from "#openflow/messages/port/queue-stats.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OFPP } from "#openflow/port-number.js";
import type { BridgeState } from "../../bridge-state.js";
import { portsOf } from "../../port-description.js";
import type { Handler } from "../handler.js";

/** A queue of a port. */
type Queue = Pick<QueueConfig, "port" | "queue">;

/**
 * The queues that are asked for. Throws OFPQOFC_BAD_PORT where no port has the number, OFPQOFC_BAD_QUEUE where no port that is meant has the
 * queue. Dummies have one queue; of other devices none is known.
 */
function queuesOf(state: BridgeState, port: number, queue: number): Queue[] {
  const ports = portsOf(state, port, OFPP.none);
  if (ports.length === 0 && port !== OFPP.none) throw new OfpError("OFPQOFC_BAD_PORT");
  const found = ports
    .filter(({ device }) => device.type.startsWith("dummy") && (queue === OFPQ_ALL || queue === 0))
    .map(({ ofport }) => ({ port: ofport, queue: 0 }));
  if (found.length === 0 && queue !== OFPQ_ALL) throw new OfpError("OFPQOFC_BAD_QUEUE");
  return found;
}

const uncounted: Omit<QueueStats, keyof Queue> = {
  txBytes: undefined,
  txPackets: undefined,
  txErrors: undefined,
  duration: undefined,
};

/** What queues have counted: OFPMP_QUEUE_STATS. */
export const queueStatsHandler: Handler<QueueStatsRequest> = {
  kind: "queue_stats_request",
  changes: false,
  handle: ({ port, queue }, { bridge }) => {
    const queues = queuesOf(bridge.state, port, queue);
    return [{ kind: "queue_stats_reply", queues: queues.map((q) => ({ ...q, ...uncounted })) }];
  },
};

/** How queues are configured: OFPT_QUEUE_GET_CONFIG, since OpenFlow 1.4 OFPMP_QUEUE_DESC. */
export const queueConfigHandler: Handler<QueueConfigRequest> = {
  kind: "queue_config_request",
  changes: false,
  handle: ({ port, queue }, { bridge }) => [
    { kind: "queue_config_reply", port, queues: queuesOf(bridge.state, port, queue) },
  ],
};

import type { Barrier } from "#openflow/messages/connection/barrier.js";
import type { Handler } from "../handler.js";

/** Requests are done in their order, so that all before it are done by now. */
export const barrierHandler: Handler<Barrier & { kind: "barrier_request" }> = {
  kind: "barrier_request",
  changes: false,
  handle: () => [{ kind: "barrier_reply" }],
};

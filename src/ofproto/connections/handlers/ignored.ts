import type { Body } from "#openflow/messages/table.js";
import type { Handler } from "../handler.js";

const ignored = (kind: Body["kind"]): Handler => ({ kind, changes: false, handle: () => undefined });

/** Messages that a peer may send and that ask for nothing. */
export const ignoredHandlers: readonly Handler[] = [ignored("echo_reply"), ignored("flow_age")];

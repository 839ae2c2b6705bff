import type { AsyncConfig, GetAsyncRequest } from "#openflow/messages/connection/async-config.js";
import { defaultAsync } from "../async-messages.js";
import type { Connection } from "../connection.js";
import type { Handler } from "../handler.js";

type Reasons = Pick<AsyncConfig, "primary" | "secondary">;

const reasonsOf = ({ async, version }: Connection): Reasons => async ?? defaultAsync(version, true);

/** What the connection is sent without asking: OFPT_GET_ASYNC. */
export const getAsyncHandler: Handler<GetAsyncRequest> = {
  kind: "get_async_request",
  changes: false,
  handle: (_, { connection }) => [{ kind: "get_async_reply", ...reasonsOf(connection) }],
};

/** OFPT_SET_ASYNC and Nicira's forms of it. What it says nothing of stays as it is. */
export const setAsyncHandler: Handler<AsyncConfig & { kind: "set_async" }> = {
  kind: "set_async",
  changes: false,
  handle: ({ primary, secondary }, { connection }) => {
    const before = reasonsOf(connection);
    connection.async = {
      primary: { ...before.primary, ...primary },
      secondary: { ...before.secondary, ...secondary },
    };
    return undefined;
  },
};

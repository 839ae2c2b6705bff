import type { RoleMessage } from "#openflow/messages/connection/role.js";
import type { Handler } from "../handler.js";

/** OFPT_ROLE_REQUEST and Nicira's form of it. */
export const roleHandler: Handler<RoleMessage & { kind: "role_request" }> = {
  kind: "role_request",
  changes: false,
  handle: ({ role, generationId }, { bridge, connection }) => {
    const { connections } = bridge;
    if (role !== "nochange") connections.setRole(connection, role, generationId);
    const { generationId: latest } = connections;
    return [{ kind: "role_reply", role: connection.role, ...(latest === undefined ? {} : { generationId: latest }) }];
  },
};

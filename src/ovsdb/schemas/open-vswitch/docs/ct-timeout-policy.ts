import type { TableDocs } from "../../../declaration.js";
import type { ctTimeoutPolicyTable } from "../ct-timeout-policy.js";

/** Documentation of the CT_Timeout_Policy table. */
export const ctTimeoutPolicyDocs: TableDocs<typeof ctTimeoutPolicyTable> = {
  table: "How long connections of a zone are remembered.",
  columns: {
    timeouts:
      "Seconds by protocol and state of the connection. States that are not named keep the engine's own timeouts.",
    external_ids: "Key-value pairs for other programs.",
  },
};

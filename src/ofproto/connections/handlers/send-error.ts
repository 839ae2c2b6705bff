import type { ErrorName } from "#openflow/errors/error-row.js";
import { readHeader } from "#openflow/header.js";
import type { Connection } from "../connection.js";

/** Bytes of the request that an error quotes. */
const QUOTED = 64;

/** Answers a request that came before the present one. */
export function sendError(connection: Connection, error: ErrorName, request: Uint8Array): void {
  connection.send({ kind: "error", error, data: request.subarray(0, QUOTED) }, readHeader(request).xid);
}

import type { MessageRow } from "../message.js";
import { type Barrier, barrierReply, barrierRequest } from "./barrier.js";
import { type Echo, echoReply, echoRequest } from "./echo.js";

/** Messages about the connection itself. */
export type ConnectionBody = Barrier | Echo;

export const connectionRows: readonly MessageRow<ConnectionBody>[] = [
  barrierRequest,
  barrierReply,
  echoRequest,
  echoReply,
];

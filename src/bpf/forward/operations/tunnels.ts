import { Operation } from "../layout.js";
import { goThrough } from "../tail-call.js";
import type { OperationCode } from "./operation-code.js";

export const tunnelPush: OperationCode = { code: Operation.tunnelPush, items: () => goThrough("push") };

export const tunnelPop: OperationCode = { code: Operation.tunnelPop, items: () => goThrough("pop") };

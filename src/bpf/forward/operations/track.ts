import { Operation } from "../layout.js";
import { goThrough } from "../tail-call.js";
import type { OperationCode } from "./operation-code.js";

/** Connection tracking (`ct`), which is a part. */
export const track: OperationCode = { code: Operation.track, items: () => goThrough("track") };

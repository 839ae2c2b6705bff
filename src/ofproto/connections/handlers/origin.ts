import type { Origin } from "../../tables/flow-changes.js";
import type { Request } from "../handler.js";

/** Whose request a change is. */
export const originOf = ({ connection, message }: Request): Origin => ({ connection, xid: message.xid });

import type { Handler } from "../handler.js";

/** What a bridge does with each kind of message. */
export const handlers: readonly Handler[] = [];

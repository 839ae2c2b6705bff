import { createRequire } from "node:module";

/** Loads a `node:` module at the time of the call, so that a tool that never calls does not pay for it. */
export const lazyBuiltin: (name: string) => unknown = createRequire("/");

/** What esbuild's bundles have, and modules have not. */
declare const require: (name: string) => unknown;

/**
 * Loads a `node:` module at the time of the call, so that a tool that never calls does not pay for it. (`createRequire` would
 * itself load the machinery of ES modules.)
 */
export const lazyBuiltin = (name: string): unknown => process.getBuiltinModule?.(name) ?? require(name);

/** Runs what may fail with these kinds of error only, and gives what it gives; undefined where it failed so. */
export function allow<T>(kinds: readonly (abstract new (...args: never[]) => Error)[], body: () => T): T | undefined {
  try {
    return body();
  } catch (e) {
    if (!kinds.some((kind) => e instanceof kind)) throw e;
    return undefined;
  }
}

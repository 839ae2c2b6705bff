/**
 * A change of a bridge's tables, groups or ports in two halves, so that several can be made as one: `start` makes it visible at the next version
 * of the tables, to later modifications of the same commit alone; then either all `finish`, which publishes, or all `revert`.
 */
export interface Modification {
  /** Throws `OfpError`, having changed nothing, where the change is refused. */
  start(): void;
  /** The version is published: what others are to know of it goes out. Cannot fail. */
  finish(): void;
  /** Takes back what `start` did. Cannot fail. */
  revert(): void;
}

/** What `commit` throws besides what `start` threw: which of the modifications it was. */
export interface CommitFailure {
  readonly index: number;
  readonly error: unknown;
}

/**
 * Makes all changes or none. `publish` is called between the last start and the first finish: from then on lookups see the changes.
 * Returns the failure of the first that was refused.
 */
export function commit(modifications: readonly Modification[], publish: () => void): CommitFailure | undefined {
  for (let index = 0; index < modifications.length; index++) {
    try {
      modifications[index]!.start();
    } catch (error) {
      for (let i = index - 1; i >= 0; i--) modifications[i]!.revert();
      return { index, error };
    }
  }
  publish();
  for (const modification of modifications) modification.finish();
  return undefined;
}

/** Who may own a lock: told when it gets one that it waited for, or loses one to a thief. */
export interface LockOwner {
  locked(name: string): void;
  stolen(name: string): void;
}

/**
 * The advisory locks of RFC 7047 section 4.1.8, one queue of sessions per name. The head of a queue owns the lock. A
 * robbed owner keeps its place behind the thief until it unlocks.
 */
export class Locks {
  readonly #queues = new Map<string, LockOwner[]>();

  /** Asks for a lock; false where it must be waited for. The owner must not wait for or own it already. */
  lock(name: string, owner: LockOwner): boolean {
    const queue = this.#queues.get(name);
    if (queue) queue.push(owner);
    else this.#queues.set(name, [owner]);
    return queue === undefined;
  }

  /** Takes a lock at once, telling its owner. */
  steal(name: string, owner: LockOwner): void {
    const queue = this.#queues.get(name);
    if (queue) {
      queue[0]?.stolen(name);
      queue.unshift(owner);
    } else this.#queues.set(name, [owner]);
  }

  /** Gives a lock up, or stops waiting for it. The next in the queue is told. */
  unlock(name: string, owner: LockOwner): void {
    const queue = this.#queues.get(name);
    const at = queue?.indexOf(owner) ?? -1;
    if (!queue || at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) this.#queues.delete(name);
    else if (at === 0) queue[0]?.locked(name);
  }

  owner(name: string): LockOwner | undefined {
    return this.#queues.get(name)?.[0];
  }
}

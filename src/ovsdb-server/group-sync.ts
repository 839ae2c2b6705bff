interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Makes many transactions durable with few fsyncs: while one sync runs, the transactions that come wait together for the
 * next. `sync` must cover every byte that was written before it is called.
 */
export class GroupSync {
  readonly #sync: () => Promise<void>;
  #waiting: Waiter[] = [];
  #running = false;
  #syncs = 0;

  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** How many syncs have been made. */
  get syncs(): number {
    return this.#syncs;
  }

  /** True while somebody waits for the disk. */
  get busy(): boolean {
    return this.#running;
  }

  /** Resolves when what has been written up to now is on stable storage. */
  wait(): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    if (!this.#running) void this.#run();
    return done;
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Transactions of the same turn of the event loop share the first sync.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#syncs++;
      try {
        await this.#sync();
        for (const waiter of batch) waiter.resolve();
      } catch (error) {
        for (const waiter of batch) waiter.reject(error);
      }
    }
    this.#running = false;
  }
}

/** Messages that may wait before a queue counts as full. */
const fullLength = 64;

/** Messages on their way to one reader. `onChange` is told when it becomes full, or is so no more. */
export class MessageQueue {
  readonly #onChange: (() => void) | undefined;
  #messages: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;
  #hasReader = false;

  constructor(onChange?: () => void) {
    this.#onChange = onChange;
  }

  /** Someone has begun to read. */
  get hasReader(): boolean {
    return this.#hasReader;
  }

  get length(): number {
    return this.#messages.length;
  }

  /** As many wait as a reader should be sent before it has taken some. */
  get full(): boolean {
    return !this.#ended && this.#messages.length >= fullLength;
  }

  push(message: Uint8Array): void {
    if (this.#ended) return;
    this.#messages.push(message);
    this.#wake?.();
    if (this.#messages.length === fullLength) this.#onChange?.();
  }

  /** No more will come; the reader gets what waits, then the error if there is one. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  /** Everything that waits, and forgets it. */
  takeAll(): Uint8Array[] {
    const all = this.#messages;
    this.#messages = [];
    return all;
  }

  /** Drops the oldest. */
  dropOldest(): void {
    this.#messages.shift();
  }

  /** The messages as they come, each once. */
  async *read(): AsyncIterableIterator<Uint8Array> {
    this.#hasReader = true;
    try {
      for (;;) {
        const batch = this.takeAll();
        if (batch.length >= fullLength) this.#onChange?.();
        for (const [i, message] of batch.entries()) {
          let taken = false;
          try {
            yield message;
            taken = true;
          } finally {
            // A reader that leaves early leaves the rest to the next one.
            if (!taken) this.#messages.unshift(...batch.slice(i + 1));
          }
        }
        if (this.#messages.length > 0) continue;
        if (this.#error) throw this.#error;
        if (this.#ended) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      this.#hasReader = false;
    }
  }
}

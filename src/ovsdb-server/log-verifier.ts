import type { Files } from "#host/files.js";
import type { ThreadHost } from "#host/threads.js";
import { OvsdbError } from "#ovsdb/error.js";
import { LogReader } from "./log-reader.js";

/** Says how far the records of a log have the length and hash that their headers tell, which another thread looks at. */
export interface LogVerifier {
  /** Waits until it is known whether all is right before an offset: that offset, or that of the first wrong record. */
  goodEnd(upTo: number): number;
}

/** What the thread is told, and where it tells what it has found. */
interface VerifierJob {
  readonly path: string;
  /** One 64-bit integer: four times the offset up to which all is right, 2 more once the thread runs, 1 more when that is final. */
  readonly shared: SharedArrayBuffer;
}

/** Bytes that are looked at before the other thread is told of it. */
const stride = 1 << 20;

/** Milliseconds without progress after which the thread is taken to be dead, and those that it has to begin. */
const patience = 10_000;
const patienceAtFirst = 1000;

/** Logs below this size are read about as soon as a thread is of use, the sooner the busier the machine is. */
const worthAThread = 32 << 20;

/**
 * Has a log verified by a thread of its own, where it is large. The result may be less than the truth, never more: a thread that
 * does not run within `toBegin` milliseconds of being waited for verifies nothing.
 */
export function startLogVerifier(
  threads: ThreadHost,
  path: string,
  size: number,
  toBegin: number = patienceAtFirst,
): LogVerifier | undefined {
  if (size < worthAThread) return undefined;
  const shared = new SharedArrayBuffer(8);
  const job: VerifierJob = { path, shared };
  const thread = threads.start("log-verifier-worker", job);
  thread.onExit(() => {});
  return new SharedVerifier(shared, toBegin);
}

class SharedVerifier implements LogVerifier {
  readonly #state: BigInt64Array;
  readonly #toBegin: number;

  constructor(shared: SharedArrayBuffer, toBegin: number) {
    this.#state = new BigInt64Array(shared);
    this.#toBegin = toBegin;
  }

  goodEnd(upTo: number): number {
    for (;;) {
      const state = Atomics.load(this.#state, 0);
      const good = Number(state >> 2n);
      if (good >= upTo) return upTo;
      if ((state & 1n) !== 0n) return good;
      const longest = state === 0n ? this.#toBegin : patience;
      if (Atomics.wait(this.#state, 0, state, longest) === "timed-out") return good;
    }
  }
}

/** The thread's side. */
export function verifyLog(files: Files, data: unknown): void {
  const { path, shared } = data as VerifierJob;
  const state = new BigInt64Array(shared);
  const tell = (good: number, done: boolean): void => {
    Atomics.store(state, 0, (BigInt(good) << 2n) | (done ? 3n : 2n));
    Atomics.notify(state, 0);
  };
  let told = 0;
  let good = 0;
  tell(0, false);
  try {
    const file = files.openRead(path);
    try {
      const reader = new LogReader(file, path);
      while (reader.skip()) {
        good = reader.goodEnd;
        if (good - told < stride) continue;
        told = good;
        tell(good, false);
      }
    } finally {
      file.close();
    }
  } catch (error) {
    // Whoever reads the log finds the same and says what it is.
    if (!(error instanceof OvsdbError)) throw error;
  } finally {
    tell(good, true);
  }
}

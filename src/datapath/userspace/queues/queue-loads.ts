import type { FrameIo, QueueCounts } from "#host/frame-io.js";
import type { ThreadQueue } from "../threads/thread-protocol.js";

/** Numbers of a thread's loads: milliseconds of its time that went into a queue, by the queue's cell; cell 0 is for work that was for no queue. */
export const LOAD_CELLS = 4096;
/** What it costs to forward a frame, in bytes that could be copied meanwhile. */
const FRAME_COST = 4096;

interface Measured {
  readonly port: number;
  readonly queue: number;
  readonly cell: number;
  frames: number;
  bytes: number;
}

/** Memory for a thread's loads. */
export function newLoads(): Float64Array {
  return new Float64Array(new SharedArrayBuffer(LOAD_CELLS * 8));
}

/**
 * Says which queues a thread's time goes into. Looked at now and then: the time worked since is divided by how many frames and bytes came by each queue, so that
 * measuring costs a packet nothing.
 */
export class QueueLoads {
  readonly #io: Pick<FrameIo, "queueCounts">;
  readonly #loads: Float64Array;
  #queues: Measured[] = [];

  constructor(io: Pick<FrameIo, "queueCounts">, loads: Float64Array) {
    this.#io = io;
    this.#loads = loads;
  }

  /** These are the queues of a port that the thread reads. */
  set(port: number, queues: readonly ThreadQueue[]): void {
    const counts = this.#counts(port);
    const others = this.#queues.filter((q) => q.port !== port);
    const own = queues.filter(({ cell }) => cell >= 0);
    this.#queues = [...others, ...own.map(({ queue, cell }) => ({ port, queue, cell, ...sum(counts, queue) }))];
  }

  /** Divides `worked` milliseconds; `handed` frames came from other threads meanwhile. */
  divide(worked: number, handed: number): void {
    if (worked <= 0) return;
    let port = -1;
    let counts: readonly QueueCounts[] = [];
    const shares = this.#queues.map((queue) => {
      if (queue.port !== port) counts = this.#counts((port = queue.port));
      const { frames, bytes } = sum(counts, queue.queue);
      const share = Math.max(0, frames - queue.frames) * FRAME_COST + Math.max(0, bytes - queue.bytes);
      queue.frames = frames;
      queue.bytes = bytes;
      return share;
    });
    const ofOthers = handed * FRAME_COST;
    const whole = shares.reduce((a, b) => a + b, ofOthers);
    if (whole === 0) {
      this.#loads[0]! += worked;
      return;
    }
    this.#loads[0]! += (worked * ofOthers) / whole;
    shares.forEach((share, i) => {
      this.#loads[this.#queues[i]!.cell]! += (worked * share) / whole;
    });
  }

  #counts(port: number): readonly QueueCounts[] {
    return this.#io.queueCounts(port);
  }
}

/** What came by a queue, which may have several places in a ring while it moves. */
function sum(counts: readonly QueueCounts[], queue: number): { frames: number; bytes: number } {
  const total = { frames: 0, bytes: 0 };
  for (const c of counts) {
    if (c.queue !== queue) continue;
    total.frames += c.frames;
    total.bytes += c.bytes;
  }
  return total;
}

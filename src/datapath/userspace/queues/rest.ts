import { type MaxSleep, maxSleepOf, readMaxSleep } from "./max-sleep.js";

/** The first rest; the next ones are each twice as long. */
const FIRST = 10;
/** Frames of a turn from which on there is no rest. */
const MANY = 16;
/** Where nothing has come for so many milliseconds, the thread sleeps until it is woken. */
const IDLE = 20;
/** Microseconds, long enough that there is room for dozens of packets, and short enough that what comes meanwhile by other ports has not waited long. */
const SWAMPED = 100;

/**
 * Microseconds that a forwarding thread stays away after a turn in which `refused` of so many frames found no room on their way up. Where these are most of them, others
 * would find as little: each would be read in vain, and the few for whom there is room go up one by one.
 */
export function restOfSwamped(frames: number, refused: number): number {
  return refused > frames >> 1 ? SWAMPED : 0;
}

/**
 * How long a forwarding thread that finds little to do stays away from its queues: `pmd-maxsleep`. Meanwhile nobody has to wake it, and more comes together. Without
 * that setting it sleeps until it is woken.
 */
export class Rest {
  #sleep: MaxSleep = readMaxSleep(new Map());
  #core: number | undefined;
  #most = 0;
  #next = 0;
  #cameAt = Number.NEGATIVE_INFINITY;

  /** Takes Open_vSwitch:other_config. */
  setOptions(options: ReadonlyMap<string, string>): void {
    this.#sleep = readMaxSleep(options);
    this.setCore(this.#core);
  }

  /** The thread is on this core from now on. */
  setCore(core: number | undefined): void {
    this.#core = core;
    this.#most = maxSleepOf(this.#sleep, core);
    this.#next = 0;
  }

  /** Microseconds to stay away after a turn that had so many frames, at clock millisecond `now`; 0 where the thread sleeps until it is woken. */
  after(now: number, frames: number): number {
    if (this.#most === 0) return 0;
    if (frames > 0) this.#cameAt = now;
    const isIdle = now - this.#cameAt > IDLE;
    this.#next = isIdle || frames >= MANY ? 0 : Math.min(this.#most, Math.max(FIRST, 2 * this.#next));
    return this.#next;
  }
}

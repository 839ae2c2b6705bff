import type { Cancel, Clock } from "#util/clock.js";

/** What became of the packets that a scheduler was given. */
export interface PacketInStats {
  /** Sent at once. */
  readonly bypassed: number;
  readonly queued: number;
  /** Of those that were queued. */
  readonly dropped: number;
  /** Waiting now. */
  readonly backlog: number;
}

/** Packets sent in one turn, at most. */
const BATCH = 50;

/**
 * Holds packets for a controller to a rate. What comes too fast waits, by port; ports have their turn one after the other, and where more wait than
 * the burst, the longest queue loses its oldest packet: so that one port's flood is no other port's loss.
 */
export class PacketInScheduler {
  readonly #clock: Clock;
  #rate: number;
  #burst: number;
  #tokens: number;
  #filled: number;
  /** By port, in the order of their turns. */
  readonly #queues = new Map<number, (() => void)[]>();
  #backlog = 0;
  #bypassed = 0;
  #queued = 0;
  #dropped = 0;
  #timer: Cancel | undefined;

  /** `rate` in packets a second, greater than 0. */
  constructor(clock: Clock, rate: number, burst: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filled = clock.now();
  }

  get stats(): PacketInStats {
    return { bypassed: this.#bypassed, queued: this.#queued, dropped: this.#dropped, backlog: this.#backlog };
  }

  setLimits(rate: number, burst: number): void {
    this.#rate = rate;
    this.#burst = burst;
    while (this.#backlog > burst) this.#dropOne();
    this.#schedule();
  }

  /** Sends a packet of a port now, later or never. */
  submit(port: number, send: () => void): void {
    if (this.#backlog === 0 && this.#take()) {
      this.#bypassed += 1;
      send();
      return;
    }
    if (this.#backlog >= this.#burst) this.#dropOne();
    const queue = this.#queues.get(port);
    if (queue) queue.push(send);
    else this.#queues.set(port, [send]);
    this.#backlog += 1;
    this.#queued += 1;
    this.#schedule();
  }

  /** Forgets what waits. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#queues.clear();
    this.#backlog = 0;
  }

  #take(): boolean {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filled) * this.#rate) / 1000);
    this.#filled = now;
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens -= 1;
    return true;
  }

  #run(): void {
    for (let sent = 0; sent < BATCH && this.#backlog > 0 && this.#take(); sent++) this.#next()?.();
    this.#schedule();
  }

  /** The oldest packet of the port whose turn it is. */
  #next(): (() => void) | undefined {
    for (const [port, queue] of this.#queues) {
      this.#queues.delete(port);
      const send = queue.shift();
      if (queue.length > 0) this.#queues.set(port, queue);
      this.#backlog -= 1;
      return send;
    }
    return undefined;
  }

  #dropOne(): void {
    let longest: readonly [number, (() => void)[]] | undefined;
    for (const entry of this.#queues) if (!longest || entry[1].length > longest[1].length) longest = entry;
    if (!longest) return;
    longest[1].shift();
    if (longest[1].length === 0) this.#queues.delete(longest[0]);
    this.#backlog -= 1;
    this.#dropped += 1;
  }

  #schedule(): void {
    if (this.#timer || this.#backlog === 0) return;
    const wait = Math.max(1, Math.ceil(((1 - this.#tokens) * 1000) / this.#rate));
    this.#timer = this.#clock.after(wait, () => {
      this.#timer = undefined;
      this.#run();
    });
  }
}

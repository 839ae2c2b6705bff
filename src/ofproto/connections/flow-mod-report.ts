import type { FlowModCommand } from "#openflow/messages/flow/flow-mod.js";
import type { Cancel, Clock } from "#util/clock.js";

/** The first report of several flow mods is made so long after them; the next one not before so long after it. Milliseconds. */
const DELAY = 10_000;
const PAUSE = 60_000;

/** Tells the log now and then how many flow mods a connection has brought. */
export class FlowModReport {
  readonly #clock: Clock;
  readonly #log: (text: string) => void;
  #adds = 0;
  #deletes = 0;
  #modifications = 0;
  #first = 0;
  #last = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #timer: Cancel | undefined;

  constructor(clock: Clock, log: (text: string) => void) {
    this.#clock = clock;
    this.#log = log;
  }

  count(command: FlowModCommand): void {
    if (command === "add") this.#adds += 1;
    else if (command.startsWith("delete")) this.#deletes += 1;
    else this.#modifications += 1;
    const now = this.#clock.now();
    this.#last = now;
    if (this.#timer) return;
    this.#first = now;
    const at = Math.max(now + DELAY, this.#notBefore);
    this.#notBefore = at + PAUSE;
    this.#timer = this.#clock.after(at - now, () => this.flush());
  }

  /** Tells what was not told yet. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const counts = [
      [this.#adds, "adds"],
      [this.#deletes, "deletes"],
      [this.#modifications, "modifications"],
    ] as const;
    const sum = counts.reduce((total, [n]) => total + n, 0);
    if (sum === 0) return;
    const parts = counts.flatMap(([n, word]) => (n === 0 ? [] : [`${n} ${word}`]));
    this.#log(`${sum} flow_mods ${this.#when()} (${parts.join(", ")})`);
    this.#adds = this.#deletes = this.#modifications = 0;
  }

  #when(): string {
    const seconds = (since: number, until: number): number => Math.floor(until / 1000) - Math.floor(since / 1000);
    const now = this.#clock.now();
    const [first, last] = [seconds(this.#first, now), seconds(this.#last, now)];
    if (last === 0) return `in the last ${first} s`;
    return first === last ? `${first} s ago` : `in the ${first - last} s starting ${first} s ago`;
  }
}

import { Memory } from "./memory.js";
import type { InputQueue } from "./port-backend.js";
import * as sys from "./syscalls.js";

const POLLIN = 0x1;
const POLLERR = 0x8;
const POLLHUP = 0x10;
const POLLNVAL = 0x20;
const POLLFD = 8;
/** The first entry is the eventfd that wakes. */
const FIRST = 1;

/** What a forwarding thread sleeps on, and which of its inputs have something to read. */
export class PollSet {
  #memory: Memory = Memory.anonymous(4096);
  readonly #wakeFd: number;
  readonly #wakeCount: Memory = Memory.anonymous(4096);
  readonly #inputs: InputQueue[] = [];
  readonly #ready: boolean[] = [];
  #readyCount = 0;
  /** Inputs that only poll(2) can tell of, and those whose memory tells. */
  #unseen = 0;
  readonly #seen: InputQueue[] = [];

  constructor(wakeFd: number) {
    this.#wakeFd = wakeFd;
    this.#put(0, wakeFd);
  }

  #put(entry: number, fd: number): void {
    this.#memory.view.setInt32(entry * POLLFD, fd, true);
    this.#memory.view.setUint32(entry * POLLFD + 4, POLLIN, true);
  }

  get size(): number {
    return this.#inputs.length;
  }

  input(index: number): InputQueue {
    return this.#inputs[index]!;
  }

  add(input: InputQueue): void {
    const entry = FIRST + this.#inputs.length;
    if ((entry + 1) * POLLFD > this.#memory.size) {
      const larger = Memory.anonymous(2 * this.#memory.size);
      larger.bytes.set(this.#memory.bytes);
      this.#memory.release();
      this.#memory = larger;
    }
    this.#put(entry, input.fd);
    this.#inputs.push(input);
    this.#ready.push(false);
    if (input.pending) this.#seen.push(input);
    else this.#unseen++;
  }

  /** Takes an input out; the last one moves into its place. */
  remove(input: InputQueue): void {
    const index = this.#inputs.indexOf(input);
    if (index < 0) return;
    if (input.pending) this.#seen.splice(this.#seen.indexOf(input), 1);
    else this.#unseen--;
    this.setReady(index, false);
    const last = this.#inputs.length - 1;
    if (index < last) {
      this.#put(FIRST + index, this.#memory.view.getInt32((FIRST + last) * POLLFD, true));
      this.#inputs[index] = this.#inputs[last]!;
      const ready = this.#ready[last]!;
      this.setReady(last, false);
      this.setReady(index, ready);
    }
    this.#inputs.pop();
    this.#ready.pop();
  }

  /** Sleeps on an input's descriptor no more: it can only give errors. */
  silence(index: number): void {
    this.setReady(index, false);
    this.#put(FIRST + index, -1);
  }

  isReady(index: number): boolean {
    const input = this.#inputs[index]!;
    return input.pending ? input.pending() : this.#ready[index]!;
  }

  /** True where an input other than `except` has something to read. */
  anyReady(except: InputQueue | undefined): boolean {
    if (this.#readyCount > 0) return true;
    const seen = this.#seen;
    for (let i = 0; i < seen.length; i++) if (seen[i] !== except && seen[i]!.pending!()) return true;
    return false;
  }

  /** For inputs whose memory does not tell. */
  setReady(index: number, ready: boolean): void {
    if (this.#ready[index] === ready) return;
    this.#ready[index] = ready;
    this.#readyCount += ready ? 1 : -1;
  }

  /** Sleeps up to `timeout` milliseconds (-1: no limit), not at all where an input is known to be ready. Takes what woke it. */
  wait(timeout: number): void {
    const seen = this.#seen;
    let isPending = this.#readyCount > 0;
    for (let i = 0; i < seen.length; i++) seen[i]!.setSleeping?.(true);
    for (let i = 0; i < seen.length; i++) isPending ||= seen[i]!.pending!();
    const isWoken = this.#poll(isPending ? 0 : timeout);
    for (let i = 0; i < seen.length; i++) seen[i]!.setSleeping?.(false);
    if (!isWoken) return;
    if (this.#memory.view.getUint16(6, true) !== 0) sys.read(this.#wakeFd, this.#wakeCount.address, 8);
  }

  /** Asks the kernel which inputs are ready, where their memory does not tell. A wake-up stays for the next `wait`. */
  look(): void {
    if (this.#unseen > 0) this.#poll(0);
  }

  /** poll(2); false where nothing is ready. */
  #poll(timeout: number): boolean {
    const count = FIRST + this.#inputs.length;
    if (sys.poll(this.#memory.address, count, timeout) <= 0) return false;
    const view = this.#memory.view;
    for (let i = 0; i < this.#inputs.length; i++) {
      const events = view.getUint16((FIRST + i) * POLLFD + 6, true);
      if (events === 0) continue;
      if ((events & POLLNVAL) !== 0) this.silence(i);
      else if ((events & (POLLIN | POLLERR | POLLHUP)) !== 0) {
        const input = this.#inputs[i]!;
        if (input.pending) input.woken?.();
        else this.setReady(i, true);
      }
    }
    return true;
  }

  close(): void {
    this.#memory.release();
    this.#wakeCount.release();
  }
}

import { Memory } from "./memory.js";
import * as sys from "./syscalls.js";

const POLLIN = 0x1;
const POLLERR = 0x8;
const POLLHUP = 0x10;
const POLLNVAL = 0x20;
const POLLFD = 8;
/** The first entries: the eventfd that wakes, and the capture ring (-1 where there is none). */
const WAKE = 0;
const RING = 1;
const FIRST = 2;

/** The descriptors that a forwarding thread sleeps on, and which of the ports' have something to read. */
export class PollSet {
  #memory: Memory = Memory.anonymous(4096);
  readonly #wakeFd: number;
  readonly #wakeCount: Memory = Memory.anonymous(4096);
  readonly #ports: number[] = [];
  readonly #ready: boolean[] = [];
  #readyCount = 0;

  constructor(wakeFd: number) {
    this.#wakeFd = wakeFd;
    this.#put(WAKE, wakeFd);
    this.#put(RING, -1);
  }

  #put(entry: number, fd: number): void {
    this.#memory.view.setInt32(entry * POLLFD, fd, true);
    this.#memory.view.setUint32(entry * POLLFD + 4, POLLIN, true);
  }

  setRing(fd: number): void {
    this.#put(RING, fd);
  }

  /** Descriptors of ports. */
  get size(): number {
    return this.#ports.length;
  }

  port(index: number): number {
    return this.#ports[index]!;
  }

  add(port: number, fd: number): void {
    const entry = FIRST + this.#ports.length;
    if ((entry + 1) * POLLFD > this.#memory.size) {
      const larger = Memory.anonymous(2 * this.#memory.size);
      larger.bytes.set(this.#memory.bytes);
      this.#memory.release();
      this.#memory = larger;
    }
    this.#put(entry, fd);
    this.#ports.push(port);
    this.#ready.push(false);
  }

  /** Takes a port out; the last one moves into its place. */
  remove(port: number): void {
    const index = this.#ports.indexOf(port);
    if (index < 0) return;
    this.setReady(index, false);
    const last = this.#ports.length - 1;
    if (index < last) {
      this.#put(FIRST + index, this.#memory.view.getInt32((FIRST + last) * POLLFD, true));
      this.#ports[index] = this.#ports[last]!;
      const ready = this.#ready[last]!;
      this.setReady(last, false);
      this.setReady(index, ready);
    }
    this.#ports.pop();
    this.#ready.pop();
  }

  /** Sleeps on a port's descriptor no more: it can only give errors. */
  silence(index: number): void {
    this.setReady(index, false);
    this.#put(FIRST + index, -1);
  }

  isReady(index: number): boolean {
    return this.#ready[index]!;
  }

  anyReady(): boolean {
    return this.#readyCount > 0;
  }

  setReady(index: number, ready: boolean): void {
    if (this.#ready[index] === ready) return;
    this.#ready[index] = ready;
    this.#readyCount += ready ? 1 : -1;
  }

  /** Sleeps up to `timeout` milliseconds (-1: no limit), not at all where a port is known to be ready. Takes what woke it. */
  wait(timeout: number): void {
    if (!this.#poll(this.#readyCount > 0 ? 0 : timeout)) return;
    if (this.#memory.view.getUint16(WAKE * POLLFD + 6, true) !== 0) sys.read(this.#wakeFd, this.#wakeCount.address, 8);
  }

  /** Finds out which ports are ready. A wake-up stays for the next `wait`. */
  look(): void {
    this.#poll(0);
  }

  /** poll(2); false where nothing is ready. */
  #poll(timeout: number): boolean {
    const count = FIRST + this.#ports.length;
    if (sys.poll(this.#memory.address, count, timeout) <= 0) return false;
    const view = this.#memory.view;
    for (let i = 0; i < this.#ports.length; i++) {
      const events = view.getUint16((FIRST + i) * POLLFD + 6, true);
      if (events === 0) continue;
      if ((events & POLLNVAL) !== 0) this.silence(i);
      else if ((events & (POLLIN | POLLERR | POLLHUP)) !== 0) this.setReady(i, true);
    }
    return true;
  }

  close(): void {
    this.#memory.release();
    this.#wakeCount.release();
  }
}

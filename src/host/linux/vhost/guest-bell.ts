import { Memory } from "../memory.js";
import * as sys from "../syscalls.js";

const O_RDONLY_CLOEXEC = 0x80000;
const POLLOUT = 4;
/** Requests that the kernel keeps room for; one is under way at a time. */
const REQUESTS = 1;
/** struct iocb, aligned as its pointer is not: a call is given the address of its address. */
const IOCB = 64;
const BUFFER = 256;
const POLLFD = 512;
const IOCB_FLAG_RESFD = 1;
/** struct aio_ring: positions of the next event to take and to give, and what says that this is one. */
const Ring = { head: 2, tail: 3, magic: 4 } as const;
const RING_HEAD = 32;
const MAGIC = 0xa10a10a1;
/** A 64-bit 1, as an eventfd takes it. */
const ONE: Uint8Array = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);

/**
 * Signals eventfds that somebody else holds too. write(2) to one whose counter is full blocks, however it was opened, as soon as the other side takes O_NONBLOCK back. So
 * the kernel has to do it itself, which never blocks: it signals the eventfd as the end of an asynchronous read of nothing (io_submit(2)). One for each thread.
 */
export class GuestBell {
  readonly #memory: Memory = Memory.anonymous(4096);
  /** 0 where the kernel has no asynchronous reads, or no room. */
  readonly #context: number;
  readonly #ring: Int32Array = new Int32Array(0);
  readonly #nothing: number;

  constructor() {
    const { view, address } = this.#memory;
    this.#nothing = sys.open("/dev/null", O_RDONLY_CLOEXEC, 0);
    let context = this.#nothing < 0 ? 0 : Math.max(0, sys.ioSetup(REQUESTS));
    if (context > 0) {
      const ring = new Int32Array(sys.memoryAt(BigInt(context), RING_HEAD));
      if (ring[Ring.magic]! >>> 0 === MAGIC) this.#ring = ring;
      else {
        sys.ioDestroy(context);
        context = 0;
      }
    }
    this.#context = context;
    view.setBigUint64(0, BigInt(address + IOCB), true);
    view.setUint32(IOCB + 20, this.#nothing, true);
    view.setBigUint64(IOCB + 24, BigInt(address + BUFFER), true);
    view.setUint32(IOCB + 56, IOCB_FLAG_RESFD, true);
    view.setUint16(POLLFD + 4, POLLOUT, true);
  }

  /** Adds 1 to an eventfd. One that is full stays so: whoever reads it will look anyway. */
  ring(fd: number): void {
    const { view, address } = this.#memory;
    if (this.#context > 0) {
      view.setInt32(IOCB + 60, fd, true);
      const submitted = sys.ioSubmit(this.#context, 1, address);
      // The event itself says nothing; taking it makes room for the next.
      Atomics.store(this.#ring, Ring.head, Atomics.load(this.#ring, Ring.tail));
      if (submitted === 1) return;
    }
    // Nearly as good: somebody would have to fill it in between.
    view.setInt32(POLLFD, fd, true);
    if (sys.poll(address + POLLFD, 1, 0) > 0) sys.write(fd, ONE, ONE.length);
  }

  close(): void {
    if (this.#context > 0) sys.ioDestroy(this.#context);
    if (this.#nothing >= 0) sys.close(this.#nothing);
    this.#memory.release();
  }
}

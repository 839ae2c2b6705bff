import { BugError } from "#util/errors.js";
import { type Offload, VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import type { FrameCounters } from "../frame-io.js";
import type { FrameHandle, XdpHandle } from "../net.js";
import type { BackendHost, BackendKind, InputQueue, PortBackend } from "./port-backend.js";
import { countDrop } from "./transmit-queue.js";
import { XdpQueue } from "./xdp-queue.js";

/** Beyond the MTU, what a frame may have: the Ethernet header and one tag. */
const LINK_HEADER = 18;

/** AF_XDP ports: in by the sockets of their queues; out by a socket this thread reads, or by packet socket. */
export class XdpBackends implements BackendKind {
  readonly #host: BackendHost;
  /** For the packet sockets. */
  readonly #captures: BackendKind;
  readonly #queues = new Set<XdpQueue>();

  constructor(host: BackendHost, captures: BackendKind) {
    this.#host = host;
    this.#captures = captures;
  }

  open(port: number, handle: FrameHandle, receiveQueues: readonly number[], counters: FrameCounters): PortBackend {
    if (handle.kind !== "xdp") throw new BugError(`${handle.name} is no AF_XDP port`);
    const takesRest = handle.hasMoreQueues && receiveQueues.includes(0);
    const capture = this.#captures.open(port, { ...handle.capture, mtu: handle.mtu }, takesRest ? [0] : [], counters);
    const queues: XdpQueue[] = [];
    try {
      for (const queue of receiveQueues) queues.push(new XdpQueue(port, handle, queue, counters, this.#host));
    } catch (error) {
      for (const queue of queues) queue.close();
      capture.close();
      throw error;
    }
    for (const queue of queues) this.#queues.add(queue);
    return new XdpBackend(handle, queues, capture, counters, () => {
      for (const queue of queues) this.#queues.delete(queue);
    });
  }

  release(): void {
    for (const queue of this.#queues) queue.release();
  }

  close(): void {}
}

class XdpBackend implements PortBackend {
  readonly inputs: readonly InputQueue[];
  readonly #queues: readonly XdpQueue[];
  readonly #out: XdpQueue | undefined;
  readonly #capture: PortBackend;
  readonly #counters: FrameCounters;
  readonly #forget: () => void;
  #mtu: number;
  /** Frames lost on the way in, but for those that the packet socket counts. */
  #lost: number;

  constructor(
    handle: XdpHandle,
    queues: readonly XdpQueue[],
    capture: PortBackend,
    counters: FrameCounters,
    forget: () => void,
  ) {
    this.inputs = [...queues, ...capture.inputs];
    this.#queues = queues;
    this.#out = queues[0];
    this.#capture = capture;
    this.#counters = counters;
    this.#forget = forget;
    this.#mtu = handle.mtu;
    this.#lost = counters.rxDropped - counters.rxUnusable;
  }

  get length(): number {
    return (this.#out?.length ?? 0) + this.#capture.length;
  }

  /** AF_XDP takes neither segments nor unfinished checksums; a packet socket does, and the kernel cuts and completes what the device cannot. */
  send(
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
    offload: Readonly<Offload>,
  ): void {
    const out = this.#out;
    const capture = this.#capture;
    // What goes the other way is handed over first, so that frames keep their order.
    if (!out?.isOurs || offload.gsoType !== 0 || (offload.flags & VNET_NEEDS_CSUM) !== 0) {
      if (out && out.length > 0) out.flush();
      capture.send(head, headAt, headLength, tail, tailAt, tailLength, offload);
      return;
    }
    if (headLength + tailLength > this.#mtu + LINK_HEADER) {
      countDrop(this.#counters, "oversize", 1);
      return;
    }
    if (capture.length > 0) capture.flush();
    out.add(head, headAt, headLength, tail, tailAt, tailLength);
  }

  flush(): void {
    if (this.#out && this.#out.length > 0) this.#out.flush();
    if (this.#capture.length > 0) this.#capture.flush();
  }

  setMtu(mtu: number): void {
    this.#mtu = mtu;
    this.#capture.setMtu(mtu);
  }

  count(): void {
    // This sets what was lost to its own losses.
    this.#capture.count?.();
    for (const queue of this.#queues) this.#lost += queue.takeLost();
    this.#counters.rxDropped += this.#lost;
  }

  close(): void {
    this.count();
    this.#forget();
    for (const queue of this.#queues) queue.close();
    this.#capture.close();
  }
}

import { BugError } from "#util/errors.js";
import { copyOffload, type Offload, plainOffload } from "#wire/virtio-net.js";
import type { FrameCounters, FrameIo, FrameReceiver, QueueCounts, ReceiveQueue } from "../frame-io.js";
import type { FrameHandle } from "../net.js";
import type { FakeNetHost } from "./net.js";

interface Port {
  readonly fd: number;
  mtu: number;
  receives: boolean;
  readonly counters: FrameCounters;
}

/** `FrameIo` over a `FakeNetHost`'s links. `wait` never sleeps. */
export class FakeFrameIo implements FrameIo {
  readonly wakeFd: number = -1;
  readonly scratch: Uint8Array = new Uint8Array(256 << 10);
  readonly #net: FakeNetHost;
  readonly #ports = new Map<number, Port>();
  readonly #offload: Offload = plainOffload();
  readonly #queue: { port: number; parts: Uint8Array[]; offload: Offload }[] = [];

  constructor(net: FakeNetHost) {
    this.#net = net;
  }

  attach(port: number, handle: FrameHandle, receiveQueues: readonly ReceiveQueue[] = [{ queue: 0 }]): void {
    if (handle.kind !== "fake") throw new BugError(`${handle.name} is no link of a fake host`);
    const counters: FrameCounters = {
      rxPackets: 0,
      rxBytes: 0,
      txPackets: 0,
      txBytes: 0,
      txDropped: 0,
      rxDropped: 0,
      rxUnusable: 0,
      txErrors: new Map(),
    };
    this.#ports.set(port, { fd: handle.fd, mtu: handle.mtu, receives: receiveQueues.length > 0, counters });
  }

  setQueues(port: number, receiveQueues: readonly ReceiveQueue[]): void {
    const attached = this.#ports.get(port);
    if (attached) attached.receives = receiveQueues.length > 0;
  }

  queueCounts(port: number): readonly QueueCounts[] {
    const attached = this.#ports.get(port);
    if (!attached) return [];
    return [{ queue: 0, frames: attached.counters.rxPackets, bytes: attached.counters.rxBytes }];
  }

  detach(port: number): void {
    this.flush();
    this.#ports.delete(port);
  }

  setMtu(port: number, mtu: number): void {
    const attached = this.#ports.get(port);
    if (attached) attached.mtu = mtu;
  }

  wait(_timeout: number): void {}

  receive(budget: number, receiver: FrameReceiver): number {
    let left = budget;
    for (let before = -1; left !== before && left > 0; ) {
      before = left;
      for (const [number, port] of this.#ports) {
        const frame = left > 0 && port.receives ? this.#net.takeInbound(port.fd) : undefined;
        if (!frame) continue;
        left--;
        port.counters.rxPackets++;
        port.counters.rxBytes += frame.data.length;
        copyOffload(this.#offload, frame.offload);
        receiver(number, frame.data, 0, frame.data.length, this.#offload);
      }
    }
    return budget - left;
  }

  send(
    port: number,
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
    offload: Readonly<Offload>,
  ): void {
    const own = plainOffload();
    copyOffload(own, offload);
    // Not copied before `flush`, so that a caller who changes what it has sent is found out.
    const parts = [head.subarray(headAt, headAt + headLength), tail.subarray(tailAt, tailAt + tailLength)];
    this.#queue.push({ port, parts, offload: own });
  }

  flush(): void {
    for (const { port, parts, offload } of this.#queue.splice(0)) {
      const attached = this.#ports.get(port);
      if (!attached) continue;
      const data = Uint8Array.from([...parts[0]!, ...parts[1]!]);
      const oversize = data.length > attached.mtu + 18 && offload.gsoType === 0;
      const error = oversize ? "oversize" : this.#net.putOutbound(attached.fd, { data, offload });
      const counters = attached.counters;
      if (error === undefined) {
        counters.txPackets++;
        counters.txBytes += data.length;
      } else {
        counters.txDropped++;
        counters.txErrors.set(error, (counters.txErrors.get(error) ?? 0) + 1);
      }
    }
  }

  counters(port: number): FrameCounters | undefined {
    return this.#ports.get(port)?.counters;
  }

  close(): void {
    this.flush();
    this.#ports.clear();
  }
}

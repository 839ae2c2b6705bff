import type { Packet } from "#datapath/packet.js";
import type { FrameCounters, FrameIo, FrameReceiver, QueueCounts, ReceiveQueue } from "#host/frame-io.js";
import type { FrameHandle } from "#host/net.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";

/** Frame I/O over arrays: tests put frames in and look at what came out. Never blocks. */
export class QueueFrameIo implements FrameIo {
  readonly wakeFd = 0;
  readonly scratch: Uint8Array = new Uint8Array(1 << 16);
  /** Called once, when frames are taken next. */
  onReceive: () => void = () => {};
  readonly #incoming: { readonly port: number; readonly packet: Packet }[] = [];
  readonly #queued: { readonly port: number; readonly parts: Uint8Array[]; readonly offload: Offload }[] = [];
  readonly #sent = new Map<number, Packet[]>();
  readonly #ports = new Map<number, FrameCounters>();
  readonly #counts = new Map<number, QueueCounts[]>();

  put(port: number, packet: Packet, queue = 0): void {
    const counts = this.#counts.get(port)?.find((c) => c.queue === queue);
    if (counts === undefined) return;
    counts.frames++;
    counts.bytes += packet.data.length;
    this.#incoming.push({ port, packet });
  }

  reads(port: number, queue = 0): boolean {
    return this.#counts.get(port)?.some((c) => c.queue === queue) ?? false;
  }

  /** Frames sent to a port since the last call. */
  take(port: number): Packet[] {
    const sent = this.#sent.get(port) ?? [];
    this.#sent.delete(port);
    return sent;
  }

  setQueues(port: number, receiveQueues: readonly ReceiveQueue[]): void {
    this.#counts.set(
      port,
      receiveQueues.map(({ queue }) => ({ queue, frames: 0, bytes: 0 })),
    );
  }

  queueCounts(port: number): readonly QueueCounts[] {
    return this.#counts.get(port) ?? [];
  }

  attach(port: number, _handle: FrameHandle, receiveQueues: readonly ReceiveQueue[] = [{ queue: 0 }]): void {
    this.setQueues(port, receiveQueues);
    this.#ports.set(port, {
      rxPackets: 0,
      rxBytes: 0,
      txPackets: 0,
      txBytes: 0,
      txDropped: 0,
      rxDropped: 0,
      rxUnusable: 0,
      txErrors: new Map(),
    });
  }
  detach(port: number): void {
    this.#ports.delete(port);
    this.#counts.delete(port);
  }
  setMtu(): void {}
  wait(): void {}

  receive(budget: number, receiver: FrameReceiver): number {
    const batch = this.#incoming.splice(0, budget);
    if (batch.length > 0) this.onReceive();
    this.onReceive = () => {};
    const offload = plainOffload();
    for (const { port, packet } of batch) {
      // Not at the start of its memory, as in a ring.
      const memory = new Uint8Array(packet.data.length + 22);
      memory.set(packet.data, 11);
      Object.assign(offload, packet.offload);
      receiver(port, memory, 11, packet.data.length, offload);
    }
    return batch.length;
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
    // Views, not copies: a head changed before the flush shows as wrong bytes.
    const parts = [head.subarray(headAt, headAt + headLength), tail.subarray(tailAt, tailAt + tailLength)];
    this.#queued.push({ port, parts, offload: { ...offload } });
  }

  flush(): void {
    for (const { port, parts, offload } of this.#queued.splice(0)) {
      const data = Uint8Array.from(parts.flatMap((p) => [...p]));
      const sent = this.#sent.get(port) ?? [];
      sent.push({ data, offload });
      this.#sent.set(port, sent);
    }
  }

  counters(port: number): FrameCounters | undefined {
    return this.#ports.get(port);
  }
  close(): void {}
}

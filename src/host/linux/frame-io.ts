import { BugError } from "#util/errors.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import type { RingHandle } from "../capture-rings.js";
import type { FrameCounters, FrameIo, FrameReceiver, QueueCounts, ReceiveQueue } from "../frame-io.js";
import type { FrameHandle } from "../net.js";
import { CaptureBackends } from "./capture-backend.js";
import { FrameMemory } from "./frame-memory.js";
import { Memory } from "./memory.js";
import { PollSet } from "./poll-set.js";
import type { BackendHost, BackendKind, InputQueue, PortBackend } from "./port-backend.js";
import * as sys from "./syscalls.js";
import { TapBackends } from "./tap-backend.js";
import { VhostBackends } from "./vhost/vhost-backend.js";
import { XdpBackends } from "./xdp-backend.js";

const EFD_NONBLOCK_CLOEXEC = 0x80800;
const SCRATCH = 256 << 10;
/** Frames of one turn at most. */
const MAX_BUDGET = 256;
/** Frames of one input before the next has its turn. */
const SHARE = 32;

/** One attached port. */
interface Port {
  readonly number: number;
  readonly handle: FrameHandle;
  readonly counters: FrameCounters;
  backend: PortBackend;
}

export interface LinuxFrameIoOptions {
  /** The ring that captured ports' frames come through. Without one it makes its own where it needs one, of `ringSize` bytes. */
  readonly ring?: RingHandle | undefined;
  /** A power of two. */
  readonly ringSize?: number;
}

/** Makes what ports of one kind share in a thread. */
type MakeKind = (
  host: BackendHost,
  options: LinuxFrameIoOptions,
  other: (kind: FrameHandle["kind"]) => BackendKind,
) => BackendKind;

const makers: Partial<Record<FrameHandle["kind"], MakeKind>> = {
  capture: (host, options) => new CaptureBackends(host, options),
  tap: (host) => new TapBackends(host),
  vhost: (host) => new VhostBackends(host),
  xdp: (host, _options, other) => new XdpBackends(host, other("capture")),
};

/** `FrameIo` over a backend for each kind of port. */
export class LinuxFrameIo implements FrameIo {
  readonly wakeFd: number;
  readonly scratch: Uint8Array;
  readonly #scratch: Memory = Memory.anonymous(SCRATCH);
  readonly #host: BackendHost = { memory: new FrameMemory(), offload: plainOffload() };
  readonly #options: LinuxFrameIoOptions;
  readonly #kinds = new Map<FrameHandle["kind"], BackendKind>();
  /** The same, for the loop. */
  readonly #made: BackendKind[] = [];
  /** What several ports' frames come from. It is read first, and has the larger share. */
  #shared: InputQueue | undefined;
  readonly #poll: PollSet;
  readonly #ports: (Port | undefined)[] = [];
  /** Ports with frames that wait for `flush`. */
  readonly #waiting: PortBackend[] = [];
  #turn = 0;
  #polled = false;
  #budget: number = MAX_BUDGET;

  /** Throws `HostError` where the kernel has no room. */
  constructor(options: LinuxFrameIoOptions = {}) {
    this.#options = options;
    this.scratch = this.#scratch.bytes;
    this.#host.memory.register(this.#scratch);
    this.wakeFd = sys.check(sys.eventfd(0, EFD_NONBLOCK_CLOEXEC), "eventfd");
    this.#poll = new PollSet(this.wakeFd);
  }

  attach(port: number, handle: FrameHandle, receiveQueues?: readonly ReceiveQueue[]): void {
    if (this.#ports[port]) throw new BugError(`port ${port} is attached twice`);
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
    const backend = this.#open(port, handle, counters, receiveQueues);
    this.#ports[port] = { number: port, handle, counters, backend };
    this.#listen(handle, backend);
  }

  #open(
    port: number,
    handle: FrameHandle,
    counters: FrameCounters,
    receiveQueues: readonly ReceiveQueue[] | undefined,
  ): PortBackend {
    const numbers =
      receiveQueues?.map(({ queue }) => queue) ?? Array.from({ length: handle.queues }, (_, queue) => queue);
    return this.#kind(handle.kind).open(port, handle, numbers, counters, receiveQueues);
  }

  /** Sleeps on what a port's frames come from, too. */
  #listen(handle: FrameHandle, backend: PortBackend): void {
    for (const input of backend.inputs) this.#poll.add(input);
    const { shared } = this.#kind(handle.kind);
    if (shared && !this.#shared) {
      this.#shared = shared;
      this.#poll.add(shared);
    }
  }

  setQueues(port: number, receiveQueues: readonly ReceiveQueue[]): void {
    const attached = this.#ports[port];
    if (!attached) return;
    this.flush();
    const { handle, counters, backend } = attached;
    for (const input of backend.inputs) this.#poll.remove(input);
    if (backend.setQueues) backend.setQueues(receiveQueues);
    else {
      backend.close();
      this.#ports[port] = undefined;
      attached.backend = this.#open(port, handle, counters, receiveQueues);
      this.#ports[port] = attached;
    }
    this.#listen(handle, attached.backend);
  }

  queueCounts(port: number): readonly QueueCounts[] {
    const backend = this.#ports[port]?.backend;
    return backend?.counts ?? backend?.inputs.flatMap((input) => input.counts ?? []) ?? [];
  }

  #kind(name: FrameHandle["kind"]): BackendKind {
    let kind = this.#kinds.get(name);
    if (kind) return kind;
    const make = makers[name];
    if (!make) throw new BugError(`no port of kind ${name} here`);
    kind = make(this.#host, this.#options, (other) => this.#kind(other));
    kind.setBudget?.(this.#budget);
    this.#kinds.set(name, kind);
    this.#made.push(kind);
    return kind;
  }

  detach(port: number): void {
    const attached = this.#ports[port];
    if (!attached) return;
    this.flush();
    this.#ports[port] = undefined;
    for (const input of attached.backend.inputs) this.#poll.remove(input);
    attached.backend.close();
  }

  setMtu(port: number, mtu: number): void {
    this.#ports[port]?.backend.setMtu(mtu);
  }

  counters(port: number): FrameCounters | undefined {
    const attached = this.#ports[port];
    attached?.backend.count?.();
    return attached?.counters;
  }

  wait(timeout: number): void {
    this.#release();
    this.#poll.wait(timeout);
    this.#polled = true;
  }

  receive(budget: number, receiver: FrameReceiver): number {
    this.#release();
    const poll = this.#poll;
    if (!this.#polled) poll.look();
    this.#polled = false;
    const limit = Math.min(budget, MAX_BUDGET);
    if (limit !== this.#budget) {
      this.#budget = limit;
      for (const kind of this.#made) kind.setBudget?.(limit);
    }
    const shared = this.#shared;
    const others = poll.anyReady(shared);
    let count = 0;
    if (shared) {
      shared.read(others ? limit - (limit >> 2) : limit, receiver);
      count = shared.count;
    }
    if (others) count += this.#receiveOthers(limit - count, receiver);
    return count;
  }

  /** Gives the ready inputs their share each, beginning with another one each time, again as long as there is something to share. */
  #receiveOthers(budget: number, receiver: FrameReceiver): number {
    const poll = this.#poll;
    const turn = this.#turn++;
    let left = budget;
    for (let before = -1; left > 0 && left !== before; ) {
      before = left;
      for (let i = 0; i < poll.size && left > 0; i++) {
        const index = (turn + i) % poll.size;
        const input = poll.input(index);
        if (input === this.#shared || !poll.isReady(index)) continue;
        const result = input.read(Math.min(left, SHARE), receiver);
        left -= input.count;
        if (input.counts) input.counts.frames += input.count;
        if (result === "dead") poll.silence(index);
        else if (result === "empty") poll.setReady(index, false);
      }
    }
    return budget - left;
  }

  /** Gives back the memory of the last turn's frames. */
  #release(): void {
    const made = this.#made;
    for (let i = 0; i < made.length; i++) made[i]!.release();
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
    const backend = this.#ports[port]?.backend;
    if (!backend) return;
    // Never between the parts of one frame: the first one's copy could be written over before it is sent.
    if (this.#host.memory.isCrowded(headLength + tailLength)) this.flush();
    if (backend.length === 0) this.#waiting.push(backend);
    backend.send(head, headAt, headLength, tail, tailAt, tailLength, offload);
  }

  flush(): void {
    const waiting = this.#waiting;
    for (let i = 0; i < waiting.length; i++) waiting[i]!.flush();
    waiting.length = 0;
    this.#host.memory.reset();
  }

  close(): void {
    for (const port of this.#ports) if (port) this.detach(port.number);
    for (const kind of this.#made) kind.close();
    this.#made.length = 0;
    this.#host.memory.close();
    this.#scratch.release();
    this.#poll.close();
    sys.close(this.wakeFd);
  }
}

import { ftruncateSync } from "node:fs";
import { Memory } from "#host/linux/memory.js";
import * as sys from "#host/linux/syscalls.js";
import { acceptFrom, DescriptorSocket, listenAt } from "#host/linux/vhost/descriptor-socket.js";
import {
  encodeVhostMessage,
  featureBits,
  hasFeature,
  VHOST_F_LOG_ALL,
  VHOST_HEADER,
  VHOST_USER_F_PROTOCOL_FEATURES,
  VHOST_USER_PROTOCOL_F_LOG_SHMFD,
  VHOST_USER_PROTOCOL_F_MQ,
  VHOST_USER_PROTOCOL_F_REPLY_ACK,
  VHOST_VRING_F_LOG,
  type VhostMessage,
  VIRTIO_F_EVENT_IDX,
  VIRTIO_F_VERSION_1,
  VIRTIO_NET_F_MRG_RXBUF,
} from "#wire/vhost-user.js";
import { type Offload, plainOffload, readVnetHeader } from "#wire/virtio-net.js";
import { eventually } from "./eventually.js";

const MFD_ALLOW_SEALING = 2;
const EFD_NONBLOCK = 0x800;
/** Where the guest has its memory, and where its virtual machine monitor would see it. */
const GUEST = 0x4000_0000;
const USER = 0x7f00_0000_0000n;
const MEMORY = 16 << 20;
const RING = 0x4000;
const AVAILABLE = 0x1000;
const USED = 0x2000;
const BUFFERS = 1 << 20;
const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;
const PROTOCOL_FEATURES = featureBits(
  VHOST_USER_PROTOCOL_F_MQ,
  VHOST_USER_PROTOCOL_F_LOG_SHMFD,
  VHOST_USER_PROTOCOL_F_REPLY_ACK,
);
const REPLY_TIME = 5000;

/** A ring as the driver keeps it: in its memory at `at`; each descriptor has a buffer of its own. */
interface DriverRing {
  readonly index: number;
  readonly at: number;
  readonly buffers: number;
  readonly kick: number;
  readonly call: number;
  available: number;
  used: number;
  /** Kicks that were given. */
  kicks: number;
}

export interface DriverOptions {
  /** What the driver agrees to, of what is offered; VIRTIO_F_VERSION_1 and the protocol's features by default. */
  readonly features?: bigint;
  readonly pairs?: number;
  /** Descriptors of each ring, at most 256. */
  readonly size?: number;
  /** Bytes of each buffer, at most 4096. */
  readonly buffer?: number;
}

/** A frame as the driver gets it. */
export interface GuestFrame {
  readonly offload: Offload;
  /** Buffers that it was spread over, as its header says. */
  readonly buffers: number;
  readonly data: Uint8Array;
}

/**
 * The other side of a vhost-user port: a front-end, and a guest's virtio-net driver in one, over memory of its own. Slow and plain, so that the tests see
 * every step.
 */
export class VhostDriver {
  readonly #socket: DescriptorSocket;
  readonly #fd: number = sys.check(sys.memfdCreate("guest", MFD_ALLOW_SEALING), "memfd");
  readonly memory: Memory;
  readonly size: number;
  readonly #buffer: number;
  readonly #pairs: number;
  readonly #wanted: bigint;
  features = 0n;
  rings: DriverRing[] = [];

  private constructor(socket: DescriptorSocket, options: DriverOptions) {
    this.#socket = socket;
    ftruncateSync(this.#fd, MEMORY);
    this.memory = Memory.map(this.#fd, 0, MEMORY, true);
    this.size = options.size ?? 64;
    this.#buffer = options.buffer ?? 2048;
    this.#pairs = options.pairs ?? 1;
    this.#wanted = (options.features ?? 0n) | featureBits(VIRTIO_F_VERSION_1, VHOST_USER_F_PROTOCOL_FEATURES);
  }

  /** Connects to a port that is the server, and sets itself up. */
  static async connect(path: string, options: DriverOptions = {}): Promise<VhostDriver> {
    const driver = new VhostDriver(DescriptorSocket.connect(path), options);
    await driver.setUp();
    return driver;
  }

  /** Listens for a port that is the client, and sets itself up. */
  static async serve(path: string, options: DriverOptions = {}): Promise<VhostDriver> {
    const listener = listenAt(path, () => undefined);
    let socket: DescriptorSocket | undefined;
    await eventually(() => (socket = acceptFrom(listener)) !== undefined, "a client at the socket");
    sys.close(listener);
    const driver = new VhostDriver(socket!, options);
    await driver.setUp();
    return driver;
  }

  get headerLength(): number {
    return hasFeature(this.features, VIRTIO_F_VERSION_1) || hasFeature(this.features, VIRTIO_NET_F_MRG_RXBUF) ? 12 : 10;
  }

  /** Sends a message, and bytes as they are. */
  say(message: VhostMessage | Uint8Array, descriptors: readonly number[] = [], needsReply = false): void {
    const bytes = message instanceof Uint8Array ? message : encodeVhostMessage(message, needsReply);
    this.#socket.send(bytes, descriptors);
  }

  /** Sends a message and waits for its reply's payload. */
  async ask(
    message: VhostMessage,
    descriptors: readonly number[] = [],
    needsReply = false,
    payload = 8,
  ): Promise<DataView> {
    this.say(message, descriptors, needsReply);
    const reply: number[] = [];
    const end = performance.now() + REPLY_TIME;
    while (reply.length < VHOST_HEADER + payload) {
      const got = this.#socket.receive(VHOST_HEADER + payload - reply.length);
      if (got === "ended" || performance.now() > end) throw new Error(`no reply to ${message.kind}`);
      if (got === "nothing") await new Promise((resolve) => setImmediate(resolve));
      else reply.push(...got.bytes);
    }
    return new DataView(Uint8Array.from(reply).buffer, VHOST_HEADER);
  }

  /** True once the port has ended the connection. */
  async hasEnded(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    try {
      return this.#socket.receive(100) === "ended";
    } catch {
      return true;
    }
  }

  /** The order of messages is QEMU's. */
  async setUp(): Promise<void> {
    const offered = (await this.ask({ kind: "GET_FEATURES" })).getBigUint64(0, true);
    this.features = offered & this.#wanted;
    await this.ask({ kind: "GET_PROTOCOL_FEATURES" });
    this.say({ kind: "SET_PROTOCOL_FEATURES", features: PROTOCOL_FEATURES });
    await this.ask({ kind: "GET_QUEUE_NUM" });
    this.say({ kind: "SET_OWNER" });
    this.say({ kind: "SET_FEATURES", features: this.features });
    await this.setMemory();
    for (let index = 0; index < 2 * this.#pairs; index++) await this.startRing(index, 0);
    for (const { index } of this.rings) await this.enable(index, true);
  }

  async setMemory(): Promise<void> {
    const regions = [{ guest: BigInt(GUEST), size: BigInt(MEMORY), user: USER, offset: 0n }];
    await this.ask({ kind: "SET_MEM_TABLE", regions }, [this.#fd], true);
  }

  /** A ring from its beginning, or where GET_VRING_BASE said. */
  async startRing(index: number, base: number): Promise<void> {
    const at = index * RING;
    const old = this.rings[index];
    const ring = old ?? {
      index,
      at,
      buffers: BUFFERS + index * this.size * 4096,
      kick: sys.eventfd(0, EFD_NONBLOCK),
      call: sys.eventfd(0, EFD_NONBLOCK),
      available: base,
      used: base,
      kicks: 0,
    };
    this.rings[index] = ring;
    this.say({ kind: "SET_VRING_NUM", ring: index, value: this.size });
    this.say({ kind: "SET_VRING_BASE", ring: index, value: base });
    await this.#setAddresses(index, 0);
    this.say({ kind: "SET_VRING_CALL", ring: index, hasDescriptor: true }, [ring.call]);
    await this.ask({ kind: "SET_VRING_KICK", ring: index, hasDescriptor: true }, [ring.kick], true);
    if (old === undefined && index % 2 === 0) for (let i = 0; i < this.size; i++) this.#offerEmpty(ring, i);
  }

  /** Has what is written logged, as for a migration, or no more. Gives the log, a bit for each page from the address 0 on. */
  async startLogging(): Promise<Memory> {
    const fd = sys.check(sys.memfdCreate("log", 0), "memfd");
    const size = 64 << 10;
    ftruncateSync(fd, size);
    const log = Memory.map(fd, 0, size, false);
    await this.ask({ kind: "SET_LOG_BASE", size: BigInt(size), offset: 0n }, [fd], false, 0);
    sys.close(fd);
    this.say({ kind: "SET_FEATURES", features: this.features | featureBits(VHOST_F_LOG_ALL) });
    for (const { index } of this.rings) await this.#setAddresses(index, VHOST_VRING_F_LOG);
    return log;
  }

  async stopLogging(): Promise<void> {
    this.say({ kind: "SET_FEATURES", features: this.features });
    for (const { index } of this.rings) await this.#setAddresses(index, 0);
  }

  async #setAddresses(ring: number, flags: number): Promise<void> {
    const user = USER + BigInt(ring * RING);
    await this.ask(
      {
        kind: "SET_VRING_ADDR",
        ring,
        flags,
        descriptors: user,
        available: user + BigInt(AVAILABLE),
        used: user + BigInt(USED),
        log: BigInt(GUEST + ring * RING + USED),
      },
      [],
      true,
    );
  }

  async stopRing(index: number): Promise<number> {
    return (await this.ask({ kind: "GET_VRING_BASE", ring: index, value: 0 })).getUint32(4, true);
  }

  async enable(ring: number, isEnabled: boolean): Promise<void> {
    await this.ask({ kind: "SET_VRING_ENABLE", ring, value: isEnabled ? 1 : 0 }, [], true);
  }

  descriptor(ring: number, index: number, address: number, length: number, flags: number, next = 0): void {
    this.writeDescriptor(ring * RING + 16 * index, address, length, flags, next);
  }

  writeDescriptor(at: number, address: number, length: number, flags: number, next: number): void {
    const { view } = this.memory;
    view.setBigUint64(at, BigInt(address), true);
    view.setUint32(at + 8, length, true);
    view.setUint16(at + 12, flags, true);
    view.setUint16(at + 14, next, true);
  }

  /** Makes the chain at `head` available. */
  offer(ring: DriverRing, head: number): void {
    const { view } = this.memory;
    const at = ring.at + AVAILABLE;
    view.setUint16(at + 4 + 2 * (ring.available % this.size), head, true);
    ring.available = (ring.available + 1) & 0xffff;
    view.setUint16(at + 2, ring.available, true);
  }

  #offerEmpty(ring: DriverRing, index: number): void {
    this.descriptor(ring.index, index, GUEST + ring.buffers + index * 4096, this.#buffer, WRITE);
    this.offer(ring, index);
  }

  /** Whether the port asked to be kicked for the buffer that was offered last. */
  wantsKick(ring: DriverRing): boolean {
    const { view } = this.memory;
    if (!hasFeature(this.features, VIRTIO_F_EVENT_IDX)) return (view.getUint16(ring.at + USED, true) & 1) === 0;
    return view.getUint16(ring.at + USED + 4 + 8 * this.size, true) === ((ring.available - 1) & 0xffff);
  }

  kick(ring: DriverRing): void {
    ring.kicks++;
    sys.write(ring.kick, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), 8);
  }

  /** Notifications that the port has given of a ring since the last call. */
  calls(ring: number): number {
    const count = new BigUint64Array(1);
    const memory = Memory.anonymous(4096);
    const got = sys.read(this.rings[ring]!.call, memory.address, 8);
    count[0] = got === 8 ? memory.view.getBigUint64(0, true) : 0n;
    memory.release();
    return Number(count[0]);
  }

  /** Asks for a notification when the used index passes `index` (VIRTIO_F_EVENT_IDX). */
  setUsedEvent(ring: number, index: number): void {
    this.memory.view.setUint16(ring * RING + AVAILABLE + 4 + 2 * this.size, index & 0xffff, true);
  }

  /** Sends a frame by a pair's transmit ring, in as many pieces as asked for, kicking where the port wants it. */
  transmit(
    frame: Uint8Array,
    how: { offload?: Partial<Offload>; pieces?: number; indirect?: boolean; pair?: number } = {},
  ): void {
    const ring = this.rings[2 * (how.pair ?? 0) + 1]!;
    const header = { ...plainOffload(), ...how.offload };
    const bytes = new Uint8Array(this.headerLength + frame.length);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, header.flags);
    view.setUint8(1, header.gsoType);
    view.setUint16(2, header.headerLength, true);
    view.setUint16(4, header.gsoSize, true);
    view.setUint16(6, header.csumStart, true);
    view.setUint16(8, header.csumOffset, true);
    bytes.set(frame, this.headerLength);
    const pieces = how.pieces ?? 1;
    // Where many buffers are one after another, a frame may be longer than one.
    const first = (ring.available * pieces) % this.size;
    const head = how.indirect === true ? ring.available % this.size : first;
    const place = ring.buffers + head * 4096;
    this.memory.bytes.set(bytes, place);
    const part = Math.ceil(bytes.length / pieces);
    const table = 0x80000 + head * 1024;
    for (let i = 0; i < pieces; i++) {
      const length = Math.min(part, bytes.length - i * part);
      const isLast = i === pieces - 1;
      const address = GUEST + place + i * part;
      if (how.indirect === true) this.writeDescriptor(table + 16 * i, address, length, isLast ? 0 : NEXT, i + 1);
      else this.descriptor(ring.index, first + i, address, length, isLast ? 0 : NEXT, first + i + 1);
    }
    if (how.indirect === true) this.descriptor(ring.index, head, GUEST + table, 16 * pieces, INDIRECT);
    this.offer(ring, head);
    if (this.wantsKick(ring)) this.kick(ring);
  }

  /** Transmitted buffers that the port has given back. */
  transmitted(pair = 0): number {
    return this.memory.view.getUint16(this.rings[2 * pair + 1]!.at + USED + 2, true);
  }

  /** Frames that the port has sent to a pair, their buffers offered again. */
  received(pair = 0): GuestFrame[] {
    const ring = this.rings[2 * pair]!;
    const { bytes, view } = this.memory;
    const frames: GuestFrame[] = [];
    const next = (): Uint8Array => {
      const at = ring.at + USED + 4 + 8 * (ring.used % this.size);
      const index = view.getUint32(at, true);
      const place = ring.buffers + index * 4096;
      const data = bytes.slice(place, place + view.getUint32(at + 4, true));
      ring.used = (ring.used + 1) & 0xffff;
      this.#offerEmpty(ring, index);
      return data;
    };
    while (view.getUint16(ring.at + USED + 2, true) !== ring.used) {
      const first = next();
      const offload = plainOffload();
      readVnetHeader(first, 0, offload);
      const buffers = this.headerLength === 12 ? first[10]! | (first[11]! << 8) : 1;
      const parts = [first.subarray(this.headerLength)];
      for (let i = 1; i < buffers; i++) parts.push(next());
      frames.push({ offload, buffers, data: Uint8Array.from(parts.flatMap((part) => [...part])) });
    }
    return frames;
  }

  /** Ends the connection, as a virtual machine monitor that is killed. */
  close(): void {
    this.#socket.close();
    for (const { kick, call } of this.rings) {
      sys.close(kick);
      sys.close(call);
    }
    sys.close(this.#fd);
    this.memory.release();
  }
}

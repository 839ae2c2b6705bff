import { Memory } from "../src/host/linux/memory.js";
import { LinuxNetHost } from "../src/host/linux/net-host.js";
import * as sys from "../src/host/linux/syscalls.js";
import type { Guest } from "./guests.js";

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETH_P_ALL = 3;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_QDISC_BYPASS = 20;
const PACKET_IGNORE_OUTGOING = 23;
const MSG_DONTWAIT = 0x40;
const POLLIN = 1;
const MMSGHDR = 64;
const IOVEC = 16;

/** Frames that a call sends or receives at most. */
export const BATCH = 64;

function lay(memory: Memory, count: number, room: number): { headers: number; frames: number } {
  const headers = memory.take(count * MMSGHDR);
  const iovecs = memory.take(count * IOVEC);
  const frames = memory.take(count * room);
  for (let i = 0; i < count; i++) {
    memory.putAddress(iovecs + i * IOVEC, memory, frames + i * room);
    memory.view.setUint32(iovecs + i * IOVEC + 8, room, true);
    memory.putAddress(headers + i * MMSGHDR + 16, memory, iovecs + i * IOVEC);
    memory.view.setUint32(headers + i * MMSGHDR + 24, 1, true);
  }
  return { headers, frames };
}

function packetSocket(guest: Guest, receives: boolean): number {
  return guest.within(() => {
    const net = new LinuxNetHost();
    const fd = sys.check(sys.socket(AF_PACKET, SOCK_RAW, 0), "packet socket");
    const one = new Uint8Array(Int32Array.of(1).buffer);
    sys.setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, one, 4);
    sys.setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, one, 4);
    sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, new Uint8Array(Int32Array.of(8 << 20).buffer), 4);
    const address = new Uint8Array(20);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_PACKET, true);
    if (receives) view.setUint16(2, ETH_P_ALL);
    view.setInt32(4, net.link("eth0")!.ifindex, true);
    sys.check(sys.bind(fd, address, 20), "bind");
    net.close();
    return fd;
  });
}

/** Many frames of one length in memory, sent on a guest's `eth0` again and again from where the last call ended. */
export class FrameRound {
  readonly #fd: number;
  readonly #memory: Memory;
  readonly #headers: number;
  readonly #count: number;
  #at = 0;

  /** Frames are copied; a round of fewer than a batch is repeated. */
  constructor(guest: Guest, frames: readonly Uint8Array[]) {
    const length = frames[0]!.length;
    this.#count = Math.ceil(Math.max(frames.length, BATCH) / BATCH) * BATCH;
    this.#memory = Memory.anonymous(this.#count * (MMSGHDR + IOVEC + length) + 4096);
    const { headers, frames: at } = lay(this.#memory, this.#count, length);
    this.#headers = headers;
    for (let i = 0; i < this.#count; i++) this.#memory.bytes.set(frames[i % frames.length]!, at + i * length);
    this.#fd = packetSocket(guest, false);
  }

  /** Batches in a round. */
  get batches(): number {
    return this.#count / BATCH;
  }

  /** Sends the next batch; returns how many frames the kernel took. */
  sendBatch(): number {
    const sent = sys.sendmmsg(this.#fd, this.#memory.address + this.#headers + this.#at * MMSGHDR, BATCH, 0);
    this.#at = (this.#at + BATCH) % this.#count;
    return Math.max(0, sent);
  }

  /** Sends as fast as one thread can; returns how many. */
  sendFor(seconds: number): number {
    const end = performance.now() + seconds * 1000;
    let sent = 0;
    while (performance.now() < end) sent += this.sendBatch();
    return sent;
  }

  close(): void {
    sys.close(this.#fd);
    this.#memory.release();
  }
}

/** Both directions of a guest's `eth0` for small frames that are made one by one. */
export class PacketEnd {
  static readonly ROOM = 128;
  readonly #fd: number;
  readonly #memory: Memory = Memory.anonymous(2 * BATCH * (MMSGHDR + IOVEC + PacketEnd.ROOM) + 8192);
  readonly #in: { headers: number; frames: number };
  readonly #out: { headers: number; frames: number };
  readonly #length: number;
  #queued = 0;

  /** `length` is that of every frame sent. */
  constructor(guest: Guest, length: number) {
    this.#in = lay(this.#memory, BATCH, PacketEnd.ROOM);
    this.#out = lay(this.#memory, BATCH, length);
    this.#length = length;
    this.#fd = packetSocket(guest, true);
  }

  /** Where frames are. */
  get bytes(): Uint8Array {
    return this.#memory.bytes;
  }

  /** Waits up to `ms` for a frame at one of the ends. */
  static wait(ends: readonly PacketEnd[], ms: number): void {
    const memory = ends[0]!.#memory;
    const at = memory.bytes.length - 8 * ends.length;
    ends.forEach((end, i) => {
      memory.view.setInt32(at + i * 8, end.#fd, true);
      memory.view.setUint32(at + i * 8 + 4, POLLIN, true);
    });
    sys.poll(memory.address + at, ends.length, ms);
  }

  /** Gives each frame that waits, a batch at most, as an offset in `bytes`; returns how many there were. */
  receive(each: (at: number) => void): number {
    const count = sys.recvmmsg(this.#fd, this.#memory.address + this.#in.headers, BATCH, MSG_DONTWAIT, 0);
    for (let i = 0; i < count; i++) each(this.#in.frames + i * PacketEnd.ROOM);
    return Math.max(0, count);
  }

  /** Room for a frame to send, as an offset in `bytes`; a full batch is sent first. */
  push(): number {
    if (this.#queued === BATCH) this.flush();
    return this.#out.frames + this.#queued++ * this.#length;
  }

  flush(): void {
    if (this.#queued > 0) sys.sendmmsg(this.#fd, this.#memory.address + this.#out.headers, this.#queued, 0);
    this.#queued = 0;
  }

  close(): void {
    sys.close(this.#fd);
    this.#memory.release();
  }
}

import { type Offload, readVnetHeader, VNET_HEADER_LENGTH } from "#wire/virtio-net.js";
import type { FrameCounters, FrameReceiver } from "../frame-io.js";
import { Memory } from "./memory.js";
import type { ReadResult } from "./port-backend.js";
import * as sys from "./syscalls.js";

/** Frames of one turn at most; each has room for 64 KB. */
const SLOTS = 32;
const MMSGHDR = 64;
const IOVECS = 32;
const CONTROL = 64;
const HEADER = 16;
/** A frame's room: space for a VLAN tag that is put back, then the frame. */
const HEADROOM = 64;
const LARGEST = 66_048;
const SLOT = HEADROOM + LARGEST;

const IOVECS_AT = SLOTS * MMSGHDR;
const CONTROLS_AT = IOVECS_AT + SLOTS * IOVECS;
const HEADERS_AT = CONTROLS_AT + SLOTS * CONTROL;
const FRAMES_AT = HEADERS_AT + SLOTS * HEADER;
const SIZE = FRAMES_AT + SLOTS * SLOT;

/* struct tpacket_auxdata behind a 16-byte cmsghdr. */
const AUX_STATUS = 16;
const AUX_VLAN_TCI = 32;
const AUX_VLAN_TPID = 34;
const TP_STATUS_VLAN_VALID = 0x10;
const TP_STATUS_VLAN_TPID_VALID = 0x40;
const ETH_P_8021Q = 0x8100;

const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
const EINTR = 4;
const ENETDOWN = 100;

/** Receives from AF_PACKET sockets where BPF cannot be used, into memory that lasts until `reset`. */
export class SocketReader {
  readonly memory: Memory = Memory.anonymous(SIZE);
  count = 0;
  #used = 0;

  constructor() {
    const memory = this.memory;
    for (let i = 0; i < SLOTS; i++) {
      const message = i * MMSGHDR;
      const iovecs = IOVECS_AT + i * IOVECS;
      memory.putAddress(message + 16, memory, iovecs);
      memory.view.setUint32(message + 24, 2, true);
      memory.putAddress(message + 32, memory, CONTROLS_AT + i * CONTROL);
      memory.putAddress(iovecs, memory, HEADERS_AT + i * HEADER);
      memory.view.setUint32(iovecs + 8, VNET_HEADER_LENGTH, true);
      memory.putAddress(iovecs + 16, memory, FRAMES_AT + i * SLOT + HEADROOM);
      memory.view.setUint32(iovecs + 24, LARGEST, true);
    }
  }

  /** Forgets all frames. */
  reset(): void {
    this.#used = 0;
  }

  read(
    fd: number,
    port: number,
    budget: number,
    counters: FrameCounters,
    offload: Offload,
    receiver: FrameReceiver,
  ): ReadResult {
    this.count = 0;
    const first = this.#used;
    const room = Math.min(budget, SLOTS - first);
    if (room <= 0) return "more";
    const view = this.memory.view;
    for (let i = first; i < first + room; i++) view.setUint32(i * MMSGHDR + 40, CONTROL, true);
    const received = sys.recvmmsg(fd, this.memory.address + first * MMSGHDR, room, MSG_DONTWAIT, 0);
    if (received < 0) {
      const errno = sys.errno();
      // A link that went down says so once; it gives frames again when it comes back.
      return errno === EAGAIN || errno === ENETDOWN ? "empty" : errno === EINTR ? "more" : "dead";
    }
    for (let i = first; i < first + received; i++) this.#deliver(i, port, counters, offload, receiver);
    this.#used = first + received;
    this.count = received;
    return received < room ? "empty" : "more";
  }

  #deliver(slot: number, port: number, counters: FrameCounters, offload: Offload, receiver: FrameReceiver): void {
    const bytes = this.memory.bytes;
    readVnetHeader(bytes, HEADERS_AT + slot * HEADER, offload);
    let at = FRAMES_AT + slot * SLOT + HEADROOM;
    let length = this.memory.view.getUint32(slot * MMSGHDR + 56, true) - VNET_HEADER_LENGTH;
    if (length <= 0) return;
    if (this.#putTagBack(slot, at)) {
      at -= 4;
      length += 4;
      if (offload.csumStart > 0) offload.csumStart += 4;
      if (offload.headerLength > 0) offload.headerLength += 4;
    }
    counters.rxPackets++;
    counters.rxBytes += length;
    receiver(port, bytes, at, length, offload);
  }

  /** Moves the addresses of the frame at `at` 4 bytes down and writes the tag that the kernel took out behind them. */
  #putTagBack(slot: number, at: number): boolean {
    const { bytes, view } = this.memory;
    const control = CONTROLS_AT + slot * CONTROL;
    if (view.getUint32(slot * MMSGHDR + 40, true) < 36) return false;
    const status = view.getUint32(control + AUX_STATUS, true);
    if ((status & TP_STATUS_VLAN_VALID) === 0) return false;
    const tpid =
      (status & TP_STATUS_VLAN_TPID_VALID) !== 0 ? view.getUint16(control + AUX_VLAN_TPID, true) : ETH_P_8021Q;
    bytes.copyWithin(at - 4, at, at + 12);
    view.setUint16(at + 8, tpid);
    view.setUint16(at + 10, view.getUint16(control + AUX_VLAN_TCI, true));
    return true;
  }

  close(): void {
    this.memory.release();
  }
}

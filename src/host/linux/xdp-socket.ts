import type { XdpMode, XdpSocketHandle, XdpStatistics } from "../net.js";
import { Memory } from "./memory.js";
import * as sys from "./syscalls.js";
import { UMEM_SIZE, XDP_FRAME, XDP_MEMORY, XDP_RING, xdpState } from "./xdp-layout.js";

const AF_XDP = 44;
const SOCK_RAW_CLOEXEC = 0x80003;
const SOL_XDP = 283;
const XDP_RX_RING = 2;
const XDP_TX_RING = 3;
const XDP_UMEM_REG = 4;
const XDP_UMEM_FILL_RING = 5;
const XDP_UMEM_COMPLETION_RING = 6;
const XDP_STATISTICS = 7;
const XDP_MAX_TX_SKB_BUDGET = 9;
const XDP_COPY = 2;
const XDP_ZEROCOPY = 4;
const XDP_USE_NEED_WAKEUP = 8;
const EBUSY = 16;
/** Milliseconds between two attempts to get a queue that somebody has, and all of them together. */
const BUSY_PAUSE = 2;
const BUSY_PATIENCE = 300;
/** Frames that one call may send where the kernel copies; 32 unless said. */
const SEND_BUDGET = 256;

function u32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** A socket that has been closed keeps its queue until the kernel has let go of it, some 30 ms later: what `bind` answers then is asked again. */
function bindWhenFree(fd: number, address: Uint8Array): number {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; ; waited += BUSY_PAUSE) {
    const result = sys.bind(fd, address, address.length);
    if (result >= 0 || sys.errno() !== EBUSY || waited >= BUSY_PATIENCE) return result;
    Atomics.wait(clock, 0, 0, BUSY_PAUSE);
  }
}

function option(fd: number, name: number, value: Uint8Array, tried: string): void {
  sys.check(sys.setsockopt(fd, SOL_XDP, name, value, value.length), tried);
}

/** An AF_XDP socket on a device's receive queue, with a UMEM of its own. The calling thread is in the device's namespace. */
export class XdpSocket {
  readonly handle: XdpSocketHandle;
  readonly #memory: Memory = Memory.anonymous(XDP_MEMORY);

  /** Throws `HostError`: `EINVAL` where there is no such queue, `EOPNOTSUPP` where the driver lacks the mode, `EBUSY` where somebody has it, 300 ms later still. */
  constructor(ifindex: number, queue: number, mode: XdpMode, needWakeup: boolean) {
    const memory = this.#memory;
    memory.words[xdpState.freeCount] = XDP_RING;
    for (let i = 0; i < XDP_RING; i++) memory.words[xdpState.free + i] = (XDP_RING + i) * XDP_FRAME;
    let fd = -1;
    try {
      fd = sys.check(sys.socket(AF_XDP, SOCK_RAW_CLOEXEC, 0), "AF_XDP socket");
      const umem = new Uint8Array(32);
      const view = new DataView(umem.buffer);
      view.setBigUint64(0, BigInt(memory.address), true);
      view.setBigUint64(8, BigInt(UMEM_SIZE), true);
      view.setUint32(16, XDP_FRAME, true);
      option(fd, XDP_UMEM_REG, umem, "AF_XDP memory");
      for (const ring of [XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING])
        option(fd, ring, u32(XDP_RING), "AF_XDP ring");
      sys.setsockopt(fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, u32(SEND_BUDGET), 4);
      const address = new Uint8Array(16);
      const fields = new DataView(address.buffer);
      const copying = mode === "native-with-zerocopy" ? XDP_ZEROCOPY : XDP_COPY;
      fields.setUint16(0, AF_XDP, true);
      fields.setUint16(2, copying | (needWakeup ? XDP_USE_NEED_WAKEUP : 0), true);
      fields.setUint32(4, ifindex, true);
      fields.setUint32(8, queue, true);
      sys.check(bindWhenFree(fd, address), `AF_XDP bind to queue ${queue}`);
      this.handle = { fd, memory: { address: memory.address, size: memory.size } };
    } catch (error) {
      if (fd >= 0) sys.close(fd);
      memory.release();
      throw error;
    }
  }

  statistics(): XdpStatistics {
    const { rxDropped, rxInvalidDescriptors, txInvalidDescriptors } = xdpCounts(this.handle.fd);
    return { rxDropped, rxInvalidDescriptors, txInvalidDescriptors };
  }

  /** No thread uses it any more. */
  close(): void {
    sys.close(this.handle.fd);
    this.#memory.release();
  }
}

/** What a socket has counted; `rxFull`: frames lost since its receive ring was full. */
export function xdpCounts(fd: number): XdpStatistics & { readonly rxFull: number } {
  const bytes = new Uint8Array(48);
  sys.getsockopt(fd, SOL_XDP, XDP_STATISTICS, bytes, u32(bytes.length));
  const view = new DataView(bytes.buffer);
  const count = (index: number): number => Number(view.getBigUint64(index * 8, true));
  return { rxDropped: count(0), rxInvalidDescriptors: count(1), txInvalidDescriptors: count(2), rxFull: count(3) };
}

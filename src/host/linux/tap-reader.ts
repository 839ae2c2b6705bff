import { type Offload, readVnetHeader, VNET_HEADER_LENGTH } from "#wire/virtio-net.js";
import type { FrameCounters, FrameReceiver } from "../frame-io.js";
import { Memory } from "./memory.js";
import type { ReadResult } from "./port-backend.js";
import * as sys from "./syscalls.js";

/** The longest that a TAP gives: a header and a GSO frame of 64 KB. */
const LARGEST = 66_048;
/** Room for what TAPs give in one turn. */
const AREA = 4 << 20;
const EAGAIN = 11;
const EINTR = 4;

/** Reads frames of TAP devices into memory that lasts until `reset`. */
export class TapReader {
  readonly memory: Memory = Memory.anonymous(AREA);
  /** Frames that the last `read` gave. */
  count = 0;
  #used = 0;

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
    const bytes = this.memory.bytes;
    this.count = 0;
    while (this.count < budget) {
      const at = this.#used;
      if (at + LARGEST > AREA) return "more";
      const length = sys.read(fd, this.memory.address + at, LARGEST);
      if (length < 0) {
        const errno = sys.errno();
        if (errno === EINTR) continue;
        return errno === EAGAIN ? "empty" : "dead";
      }
      if (length < VNET_HEADER_LENGTH) return "dead";
      this.#used = at + ((length + 63) & ~63);
      this.count++;
      counters.rxPackets++;
      counters.rxBytes += length - VNET_HEADER_LENGTH;
      readVnetHeader(bytes, at, offload);
      receiver(port, bytes, at + VNET_HEADER_LENGTH, length - VNET_HEADER_LENGTH, offload);
    }
    return "more";
  }

  close(): void {
    this.memory.release();
  }
}

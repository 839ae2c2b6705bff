import { planSegmentation, writeSegment } from "#wire/segmentation.js";
import { copyOffload, type Offload, plainOffload, VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import type { FrameReceiver } from "../frame-io.js";
import { Memory } from "./memory.js";

/** Room for the segments of one turn. */
const AREA = 8 << 20;

/** Cuts GSO frames of tunnels that guests run, which no output could be told to cut, into memory that lasts until `reset`. */
export class TunnelSegments {
  readonly memory: Memory = Memory.anonymous(AREA);
  readonly #offload: Offload = plainOffload();
  #used = 0;

  /** Forgets all segments. */
  reset(): void {
    this.#used = 0;
  }

  /** Gives the receiver each segment; returns how many, 0 where the frame makes no sense or the room is used up. */
  deliver(
    port: number,
    memory: Uint8Array,
    at: number,
    length: number,
    offload: Readonly<Offload>,
    receiver: FrameReceiver,
  ): number {
    const plan = planSegmentation(memory, at, length, offload);
    if (!plan || this.#used + plan.count * (plan.headers + plan.size + 8) > AREA) return 0;
    for (let i = 0; i < plan.count; i++) {
      const to = this.#used;
      const written = writeSegment(memory, at, length, plan, i, this.memory.bytes, to);
      this.#used = (to + written + 7) & ~7;
      copyOffload(this.#offload, PLAIN);
      if (plan.leavesChecksum) {
        this.#offload.flags = VNET_NEEDS_CSUM;
        this.#offload.csumStart = offload.csumStart;
        this.#offload.csumOffset = offload.csumOffset;
      }
      receiver(port, this.memory.bytes, to, written, this.#offload);
    }
    return plan.count;
  }

  close(): void {
    this.memory.release();
  }
}

const PLAIN: Readonly<Offload> = plainOffload();

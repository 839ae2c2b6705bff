import { mov } from "#bpf/alu.js";
import {
  CAPTURE_SLOTS,
  captureBegun,
  captureFunctions,
  captureProgram,
  captureState,
  type SkbPlaces,
  skbPlaces,
} from "#bpf/capture-program.js";
import { jumpEqual, jumpNotEqual } from "#bpf/control.js";
import { scratch } from "#bpf/forward/layout.js";
import { label, type ProgramItem } from "#bpf/instruction.js";
import { mapFlag, mapType } from "#bpf/map-spec.js";
import { word } from "#bpf/memory.js";
import { attachType, programType } from "#bpf/program-spec.js";
import { r1, r6, r7 } from "#bpf/registers.js";
import { HostError } from "#util/errors.js";
import type { CaptureRing, CaptureRings, RingHandle, RingPlace } from "../capture-rings.js";
import { FORWARD_OTHER } from "../forward-maps.js";
import type { CaptureHandle } from "../net.js";
import { kernelBtf } from "./bpf/kernel-btf.js";
import { updateLink } from "./bpf/link.js";
import { createMap } from "./bpf/map.js";
import { loadProgram } from "./bpf/program.js";
import { refuseWithout } from "./bpf/without.js";
import { Memory } from "./memory.js";
import * as sys from "./syscalls.js";

/** More than the window of a TCP stream, so that a late reader costs it nothing. */
const RING_SIZE = 8 << 20;
/** The low bits of a place's number are its slot; the rest tells one use of it from the next. */
const SLOT_BITS = 9;
/** What it costs to forward a frame, in bytes that could be copied meanwhile. */
const FRAME_COST = 2048;

/** Where this kernel keeps what programs read, and the numbers of the functions they call. */
export interface KernelPlaces {
  readonly skb: SkbPlaces;
  readonly kernelFunctions: Readonly<Record<string, number>>;
}

let kernelPlaces: KernelPlaces | undefined;

/** Asked once: looking names up in the kernel's BTF takes milliseconds. */
function askKernel(): KernelPlaces {
  if (kernelPlaces !== undefined) return kernelPlaces;
  const btf = kernelBtf();
  const skb = skbPlaces(btf);
  const ids = captureFunctions.map((name) => [name, btf.functionId(name)] as const);
  if (!skb || ids.some(([, id]) => id === undefined))
    throw new HostError("capture program", "EOPNOTSUPP", 95, "the kernel lacks bpf_dynptr_copy");
  kernelPlaces = { skb, kernelFunctions: Object.fromEntries(ids) as Record<string, number> };
  return kernelPlaces;
}

/** What a frame meets before it is captured: goes on at `FORWARD_OTHER`, the packet in r6, with what is to be captured. */
interface ProgramFront {
  readonly items: readonly ProgramItem[];
  readonly maps: Readonly<Record<string, number>>;
  /** Is given the descriptor of the loaded program before the port's frames come to it. */
  readonly loaded?: (program: number) => void;
}

/** The slot of a place that a record's number names. */
export function slotOf(id: number): number {
  return id & ((1 << SLOT_BITS) - 1);
}

class OwnedRing implements CaptureRing {
  readonly handle: RingHandle;
  readonly #state: Memory;
  readonly #slots: boolean[] = [];
  #lastSlot = 0;
  #generation = 0;

  constructor(size: number) {
    const ring = createMap({ type: mapType.ringbuf, keySize: 0, valueSize: 0, entries: size, name: "weft_ring" });
    let state = -1;
    try {
      state = createMap({
        type: mapType.array,
        keySize: 4,
        valueSize: captureState.size,
        entries: 1,
        flags: mapFlag.mmapable,
        name: "weft_state",
      });
      this.#state = Memory.map(state, 0, captureState.size, true);
    } catch (error) {
      sys.close(ring);
      if (state >= 0) sys.close(state);
      throw error;
    }
    this.handle = { ring, state, size };
    this.#state.ints[captureState.frameCost >> 2] = FRAME_COST;
  }

  takePlace(): RingPlace {
    // Slots take turns: where one was used last, records may still be read.
    for (let i = 0; i < CAPTURE_SLOTS; i++) {
      const slot = ((this.#lastSlot + i) % CAPTURE_SLOTS) + 1;
      if (this.#slots[slot]) continue;
      this.#lastSlot = slot;
      this.#slots[slot] = true;
      this.#state.view.setBigUint64(captureState.lost(slot), 0n, true);
      this.#state.bytes.fill(0, captureState.entered(slot), captureState.taken(slot) + 8);
      return { slot, id: ((++this.#generation << SLOT_BITS) | slot) >>> 0 };
    }
    throw sys.hostError("capture ring", 28);
  }

  freePlace(place: RingPlace): void {
    this.#slots[place.slot] = false;
  }

  close(): void {
    this.#state.release();
    sys.close(this.handle.ring);
    sys.close(this.handle.state);
  }
}

/** Rings that tcx programs write to. */
export class LinuxCaptureRings implements CaptureRings {
  readonly #size: number;

  /** `size` is that of each ring in bytes, a power of two and a multiple of the page size. */
  constructor(size: number = RING_SIZE) {
    this.#size = size;
  }

  open(): CaptureRing {
    return new OwnedRing(this.#size);
  }

  /** What programs need to know of this kernel. Throws `HostError` where it lacks something. */
  get kernel(): KernelPlaces {
    return askKernel();
  }

  feed(
    port: CaptureHandle,
    queues: readonly { readonly ring: CaptureRing; readonly place: RingPlace }[],
    front?: ProgramFront,
  ): void {
    const program = this.load(queues, front);
    try {
      front?.loaded?.(program);
      updateLink(port.hideLink, program);
    } finally {
      // The link keeps it.
      sys.close(program);
    }
  }

  /** Loads the program that writes to these places, and returns its descriptor. Throws `HostError`. */
  load(queues: readonly { readonly ring: CaptureRing; readonly place: RingPlace }[], front?: ProgramFront): number {
    refuseWithout("tcx", "ringbuf", "mmapable", "kfuncs", "skb_dynptr", "dynptr");
    const { skb, kernelFunctions } = askKernel();
    const maps: Record<string, number> = { ...front?.maps };
    const places = queues.map(({ ring: { handle }, place }) => {
      const ring = `ring ${handle.ring}`;
      const state = `state ${handle.state}`;
      maps[ring] = handle.ring;
      maps[state] = handle.state;
      return { ...place, ring, state, size: handle.size };
    });
    const items = (): ProgramItem[] => {
      const capture = captureProgram(places, skb);
      if (front === undefined) return capture;
      const { recirculations, key } = scratch;
      return [
        ...front.items,
        label(FORWARD_OTHER),
        jumpEqual.imm(r7, 0, "capture plain"),
        word.load(r1, r7, recirculations),
        jumpNotEqual.imm(r1, 0, "capture begun"),
        label("capture plain"),
        mov.reg(r1, r6),
        ...capture,
        label("capture begun"),
        ...captureBegun(places, skb, { key, recirculations }),
      ];
    };
    return loadProgram({
      type: programType.schedCls,
      attach: attachType.tcxIngress,
      items,
      symbols: { maps, kernelFunctions },
      name: "weft_capture",
    });
  }

  stop(port: CaptureHandle): void {
    try {
      updateLink(port.hideLink, port.dropProgram);
    } catch {
      // The device has gone and took the BPF link with it.
    }
  }
}

import type { RingHandle } from "#host/capture-rings.js";
import type { ReceiveQueue } from "#host/frame-io.js";
import type { LeaseHandle, SharedPlace } from "#host/lease-memory.js";
import type { FrameHandle } from "#host/net.js";
import type { CtRequest } from "../../conntrack/ct-request.js";
import type { DatapathMeter } from "../../meters.js";
import type { TunnelPort } from "../../tunnel-kinds.js";
import type { Program } from "../ops.js";
import type { PortLoss } from "../queues/port-losses.js";
import type { PackedUpcalls } from "../upcalls/upcall-batch.js";

/** A receive queue that a thread is to read, and where in the thread's loads (`queue-loads.ts`) its own is noted; -1 for nowhere. */
export interface ThreadQueue extends ReceiveQueue {
  readonly cell: number;
}

/** What the main thread tells a forwarding thread, in batches; a batch is an array of these. */
export type Command =
  | { readonly op: "slots"; readonly chunk: number; readonly memory: SharedArrayBuffer }
  | {
      readonly op: "attach";
      readonly port: number;
      readonly handle: FrameHandle;
      readonly queues: readonly ThreadQueue[];
    }
  /** From now on the thread reads these queues of a port. */
  | { readonly op: "queues"; readonly port: number; readonly queues: readonly ThreadQueue[] }
  | { readonly op: "tunnel"; readonly port: number; readonly tunnel: TunnelPort }
  | { readonly op: "mtu"; readonly port: number; readonly mtu: number }
  | { readonly op: "detach"; readonly port: number }
  /** Flows to put down and packets to execute, see `work-batch.ts`. */
  | { readonly op: "work"; readonly buffer: ArrayBuffer; readonly programs: readonly Program[] }
  | { readonly op: "program"; readonly id: number; readonly program: Program }
  | { readonly op: "remove"; readonly ids: readonly number[] }
  | {
      readonly op: "meter";
      readonly id: number;
      /** Undefined where there is to be none. */
      readonly meter: DatapathMeter | undefined;
      /** Its counters: see `meter.ts`. */
      readonly memory: SharedArrayBuffer | SharedPlace | undefined;
      readonly at: number;
    }
  /** To the thread that tracks connections: where the kernel follows leased ones; undefined where it is to do so no more. */
  | { readonly op: "leases"; readonly handle: LeaseHandle | undefined }
  /** With a number, to be answered by an event of the same. */
  | { readonly op: "ct"; readonly request: CtRequest; readonly call: number | undefined }
  | { readonly op: "upcalls"; readonly wanted: boolean }
  /** Open_vSwitch:other_config, all of it. */
  | { readonly op: "options"; readonly options: ReadonlyMap<string, string> }
  /** Interface:options and Interface:other_config of a port. */
  | { readonly op: "port-options"; readonly port: number; readonly options: ReadonlyMap<string, string> }
  /** To be answered by an event of the same number, once everything before it is done. */
  | { readonly op: "mark"; readonly mark: number }
  /** To the thread that tracks connections: the ring from the thread of a seat (`handover-ring.ts`), or that there will be nothing more from it. */
  | { readonly op: "helper"; readonly seat: number; readonly memory: SharedArrayBuffer | undefined }
  /** The core to run on from now on; undefined for any. */
  | { readonly op: "core"; readonly core: number | undefined }
  /** To end, once nothing waits in the ring. */
  | { readonly op: "stop" };

/** What the forwarding thread tells the main thread. */
export type Event =
  /** `upcall-batch.ts` packs them, `received-upcalls.ts` reads them; packets name their cookies by position. */
  | { readonly kind: "upcalls"; readonly packed: PackedUpcalls }
  /** Upcalls of no real packet, see `rehearsal.ts`. */
  | { readonly kind: "rehearsal"; readonly packed: PackedUpcalls }
  | { readonly kind: "marked"; readonly mark: number }
  | { readonly kind: "ct"; readonly call: number; readonly value: unknown }
  /** What ports lost since the last event of this kind. */
  | { readonly kind: "losses"; readonly losses: readonly PortLoss[] }
  | { readonly kind: "log"; readonly level: "warn" | "err"; readonly text: string };

/** What a forwarding thread is started with. */
export interface ThreadStart {
  /** Int32: see `Control`. */
  readonly control: SharedArrayBuffer;
  /** Float64: see `counters.ts`. */
  readonly counters: SharedArrayBuffer;
  /** Float64: see `thread-metrics.ts`. */
  readonly metrics: SharedArrayBuffer;
  /** The main thread's `performance.timeOrigin`: both count time from it. */
  readonly timeOrigin: number;
  /** The core to run on; undefined for any. */
  readonly core: number | undefined;
  /** What captured ports' frames come through. */
  readonly ring: RingHandle | undefined;
  /** Float64: see `queue-loads.ts`. */
  readonly loads: SharedArrayBuffer;
  /** Where packets go that have to do with connections, and the control block of the thread that takes them; undefined for that thread itself. */
  readonly handover: { readonly memory: SharedArrayBuffer; readonly control: SharedArrayBuffer } | undefined;
}

/** Positions in the Int32 block that both threads use with `Atomics`. */
export const Control = {
  /** 1 once the thread runs. */
  ready: 0,
  /** Number of the last handshake asked for, and of the last done: every command before it has taken effect. */
  asked: 1,
  done: 2,
  /** Masks in the flow table. */
  masks: 3,
  /** Batches posted; the thread looks for messages only where this grew. */
  posted: 4,
  /** The eventfd that ends the thread's sleep, known once it runs. */
  wakeFd: 5,
  /** 1 while the thread sleeps, or is about to and will look for commands once more: only then it has to be woken. */
  sleeping: 6,
  /** From here on: upcalls handled, by port modulo `PORT_SHARES`. */
  handled: 16,
} as const;

/** Counts of upcalls are kept per port, ports this far apart sharing one. */
export const PORT_SHARES = 1024;

export const CONTROL_INTS: number = Control.handled + PORT_SHARES;

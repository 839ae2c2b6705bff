import type { FlowKey } from "#flow/key.js";
import { type Offload, plainOffload, VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import type { UserspaceCookie } from "../actions.js";
import { Counter } from "./counters.js";
import { DROP } from "./drop-positions.js";
import type { Frame } from "./frames/frame.js";
import type { HeadArena } from "./frames/head-arena.js";
import { packetLength } from "./frames/headers.js";
import { shownFrame } from "./frames/shown-frame.js";
import { LiveCopies } from "./live-copies.js";
import type { FrameSink, UpcallSink } from "./sinks.js";

/** Where packets leave a forwarder: by its ports, and up. What does not get out is counted. */
export class Exits {
  readonly #sink: FrameSink;
  readonly #upcalls: UpcallSink;
  readonly #counters: Float64Array;
  readonly #arena: HeadArena;
  readonly #copies: LiveCopies;
  readonly #left: Offload = plainOffload();
  /** Which ports there are, by number. */
  readonly #ports: boolean[] = [];
  /** Bytes at its end that the packet loses where it goes next. */
  cutOff = 0;

  constructor(sink: FrameSink, upcalls: UpcallSink, counters: Float64Array, arena: HeadArena) {
    this.#sink = sink;
    this.#upcalls = upcalls;
    this.#counters = counters;
    this.#arena = arena;
    this.#copies = new LiveCopies(upcalls, arena);
  }

  setPort(port: number, isThere: boolean): void {
    this.#ports[port] = isThere;
  }

  hasPort(port: number): boolean {
    return this.#ports[port] === true;
  }

  /** From now on no more than the first `length` bytes of the packet go where it goes next, but a header's worth. */
  limit(frame: Frame, length: number): void {
    this.cutOff = Math.max(0, packetLength(frame) - Math.max(length, ETHERNET));
  }

  /** How much of a packet goes where it goes now. */
  takeCut(frame: Frame): number {
    const length = Math.max(frame.length - this.cutOff, 0);
    this.cutOff = 0;
    return length;
  }

  /** Sends a frame by a port. */
  output(frame: Frame, port: number): void {
    if (this.#ports[port] !== true) {
      this.#counters[DROP.port]!++;
      return;
    }
    if (frame.noEthernet) {
      this.#counters[DROP.headless]!++;
      return;
    }
    const length = this.takeCut(frame);
    if (length < ETHERNET) {
      this.#counters[DROP.truncated]!++;
      return;
    }
    this.#counters[Counter.sent]!++;
    frame.share();
    const { head, headAt, headLength, tail, tailAt, tailLength } = frame;
    if (length === frame.length) {
      this.#sink.send(port, head, headAt, headLength, tail, tailAt, tailLength, frame.offload);
      return;
    }
    const first = Math.min(length, headLength);
    this.#sink.send(port, head, headAt, first, tail, tailAt, length - first, this.#offloadOf(frame, length));
  }

  /** What is left of a large segment is an ordinary frame. Who is to compute the checksum does so over what is left, if its place is there, as Linux has it; it is right of neither. */
  #offloadOf({ offload: { flags, csumStart, csumOffset } }: Frame, length: number): Readonly<Offload> {
    const left = this.#left;
    const isPartial = (flags & VNET_NEEDS_CSUM) !== 0 && csumStart + csumOffset + 2 <= length;
    left.flags = isPartial ? VNET_NEEDS_CSUM : 0;
    left.csumStart = isPartial ? csumStart : 0;
    left.csumOffset = isPartial ? csumOffset : 0;
    return left;
  }

  /** Sends a packet up that no flow knows; `recirculations` as in `Packet`. */
  miss(frame: Frame, key: FlowKey, recirculations: number): void {
    const counters = this.#counters;
    counters[Counter.missed]!++;
    const shown = shownFrame(frame, this.#arena);
    if (this.#upcalls.upcall(shown, shown.length, key, undefined, recirculations)) return;
    counters[Counter.lost]!++;
    counters[Counter.missedLost]!++;
    counters[DROP.upcall]!++;
  }

  /** Sends a packet up because an action says so. */
  userspace(
    frame: Frame,
    key: FlowKey,
    cookie: UserspaceCookie | undefined,
    recirculations: number,
    now: number,
  ): void {
    if (cookie?.kind === "live_trace") {
      this.#copies.send(frame, key, now);
      return;
    }
    const shown = shownFrame(frame, this.#arena);
    if (this.#upcalls.upcall(shown, this.takeCut(shown), key, cookie ?? NO_COOKIE, recirculations)) return;
    this.#counters[Counter.lost]!++;
    this.#counters[DROP.userspace]!++;
  }
}

/** The least that is left of a packet that is cut off, and that a port takes. */
const ETHERNET = 14;
const NO_COOKIE: UserspaceCookie = { kind: "slow_path", reason: 0, ofprotoUuid: "" };

import { extractKey } from "#flow/extract.js";
import { copyKey, type FlowKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import type { BegunPacket } from "#host/frame-io.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import { CT_EXHAUSTED } from "../conntrack/conntrack.js";
import { clearCt } from "../conntrack/tracked-key.js";
import { TrackingCore } from "../conntrack/tracking-core.js";
import type { Packet } from "../packet.js";
import type { TunnelPort } from "../tunnel-kinds.js";
import { Counter } from "./counters.js";
import { DROP } from "./drop-positions.js";
import { Exits } from "./exits.js";
import { countOn } from "./flow.js";
import { resetWithoutEthernet } from "./frames/encapsulation.js";
import { extractAgain } from "./frames/extract-again.js";
import type { Frame } from "./frames/frame.js";
import type { HeadArena } from "./frames/head-arena.js";
import { changeHeaders, forbidsSegments } from "./frames/header-steps.js";
import { isGso, lengthOf } from "./frames/headers.js";
import { packetHash } from "./frames/packet-hash.js";
import { rewrite } from "./frames/rewrite.js";
import { segmentFrame } from "./frames/segment.js";
import { setWords } from "./frames/set-words.js";
import { shownFrame } from "./frames/shown-frame.js";
import { type Level, Levels } from "./levels.js";
import { FlowLookup } from "./lookup/flow-lookup.js";
import type { Meter } from "./meters/meter.js";
import { meterFrame, metersWhole } from "./meters/meter-frame.js";
import {
  OP_CHECK_LENGTH,
  OP_CLONE,
  OP_CT,
  OP_CT_CLEAR,
  OP_DROP,
  OP_HASH,
  OP_METER,
  OP_OUTPUT,
  OP_RECIRC,
  OP_REWRITE,
  OP_SAMPLE,
  OP_SET_KEY,
  OP_TNL_POP,
  OP_TNL_PUSH,
  OP_TRUNC,
  OP_USERSPACE,
  type Program,
  type Resumption,
} from "./ops.js";
import type { FrameSink, UpcallSink } from "./sinks.js";
import type { HandoverWriter } from "./threads/handover-ring.js";
import { TunnelPorts } from "./tunnels/tunnel-ports.js";

const MAX_RECIRCULATIONS = 6;
const MAX_DEPTH = 32;

/**
 * The forwarding core: frames in, frames out, by the flows it was given. No threads, no I/O and no clock: the owner sets `now`
 * once per batch, calls `receive` for each frame and flushes its sink afterwards.
 */
export class Forwarder {
  readonly #exits: Exits;
  readonly #random: () => number;
  readonly #arena: HeadArena;
  /** To the thread that tracks connections; undefined where that is this one. */
  readonly #handover: HandoverWriter | undefined;
  readonly counters: Float64Array;
  readonly lookup: FlowLookup;
  readonly #layers = newLayers();
  readonly #levels: Levels;
  readonly #meters = new Map<number, Meter>();
  readonly #tunnels = new TunnelPorts();
  readonly tracking: TrackingCore<Resumption>;
  /** The first level's key holds metadata besides the port of the packet before. */
  #dirty = false;
  /** Clock milliseconds of the batch being forwarded. */
  now = 0;
  #recirculations = 0;
  /** The first sample that is met takes the packet. */
  #isChosen = false;
  /** Key words no longer say what the frame holds, since a header was pushed or popped. */
  #stale = false;

  constructor(
    sink: FrameSink,
    upcalls: UpcallSink,
    options: { counters: Float64Array; arena: HeadArena; random: () => number; handover?: HandoverWriter | undefined },
  ) {
    this.#exits = new Exits(sink, upcalls, options.counters, options.arena);
    this.#random = options.random;
    this.tracking = new TrackingCore(options.random, (n) => (options.counters[DROP.waited]! += n));
    this.#arena = options.arena;
    this.#handover = options.handover;
    this.counters = options.counters;
    this.lookup = new FlowLookup(options.counters, options.random);
    this.#levels = new Levels(options.arena);
  }

  addPort(port: number): void {
    this.#exits.setPort(port, true);
  }

  /** Adds a port through which packets come out of a tunnel, and that nothing is sent to without an outer header. */
  addTunnelPort(port: number, tunnel: TunnelPort): void {
    this.#tunnels.add(port, tunnel);
  }

  removePort(port: number): void {
    this.#exits.setPort(port, false);
    this.#tunnels.remove(port);
  }

  /** Adds, replaces or, without one, removes a meter. */
  setMeter(id: number, meter: Meter | undefined): void {
    if (meter === undefined) this.#meters.delete(id);
    else this.#meters.set(id, meter);
  }

  /** Forwards one received frame. */
  receive(port: number, memory: Uint8Array, at: number, length: number, offload: Readonly<Offload>): void {
    this.#received(length);
    const known = this.#exits.hasPort(port);
    if (!known || length < 14) {
      this.counters[known ? DROP.invalid : DROP.port]!++;
      return;
    }
    const { frame, key } = this.#levels.first;
    if (this.#dirty) {
      key.fill(0);
      this.#dirty = false;
    }
    key[W.inPort] = port;
    extractKey(memory, at, length, key, key, this.#layers);
    frame.reset(memory, at, length, offload);
    this.#recirculations = 0;
    this.#stale = false;
    this.#exits.cutOff = 0;
    const flow = this.lookup.received(key);
    if (flow === undefined) {
      this.#exits.miss(frame, key, 0);
      return;
    }
    if (flow.isElsewhere) {
      this.#handOver(frame, key, 0);
      return;
    }
    countOn(flow, this.now, length, key[W.l4]!);
    this.#run(flow.program, 0);
  }

  /** Forwards a packet that another thread has handed over, with its key, once that has found and counted its flow; or one that the kernel has `begun` with. */
  resume(
    memory: Uint8Array,
    at: number,
    length: number,
    offload: Readonly<Offload>,
    key: FlowKey,
    recirculations: number,
    begun?: BegunPacket,
  ): void {
    // What has been recirculated the kernel has counted.
    if (begun !== undefined && recirculations === 0) this.#received(length);
    const port = key[W.inPort]!;
    if (recirculations === 0 && !this.#exits.hasPort(port)) {
      this.counters[DROP.port]!++;
      return;
    }
    const level = this.#levels.first;
    const packetType = key[W.packetType]!;
    if (packetType === 0) level.frame.reset(memory, at, length, offload);
    else resetWithoutEthernet(level.frame, { data: memory.subarray(at, at + length), offload }, packetType & 0xffff);
    copyKey(level.key, key);
    this.#dirty = true;
    this.#recirculations = recirculations;
    this.#stale = false;
    this.#exits.cutOff = 0;
    const flow = begun ? this.lookup.recirculated(level.key) : this.lookup.again(level.key);
    if (flow === undefined) {
      this.#exits.miss(level.frame, level.key, recirculations);
      return;
    }
    if (flow.isElsewhere) {
      this.#handOver(level.frame, level.key, recirculations);
      return;
    }
    countOn(flow, this.now, level.frame.length, level.key[W.l4]!);
    this.#isChosen = begun?.isChosen === true;
    this.#run(flow.program, 0);
    this.#isChosen = false;
  }

  #received(length: number): void {
    this.counters[Counter.received]!++;
    this.counters[Counter.receivedBytes]! += length;
  }

  /** Leaves a packet, to which nothing of its flow has been done, to the thread that tracks connections. */
  #handOver(frame: Frame, key: FlowKey, recirculations: number): void {
    const shown = shownFrame(frame, this.#arena);
    if (!this.#handover?.add(shown, shown.length, key, recirculations)) this.counters[DROP.tracking]!++;
  }

  /** Runs a program on a frame that came from elsewhere than a port. `key` is changed. */
  execute({ data, offload, recirculations = 0 }: Packet, key: FlowKey, program: Program): void {
    this.executeAt(data, 0, data.length, offload, key, recirculations, program);
  }

  /** As `execute`, of `length` bytes of `memory` from `at` on; a program that does not read the key of a packet with Ethernet needs none (`readsKey`). */
  executeAt(
    memory: Uint8Array,
    at: number,
    length: number,
    offload: Readonly<Offload>,
    key: FlowKey | undefined,
    recirculations: number,
    program: Program,
  ): void {
    const level = this.#levels.first;
    const packetType = key === undefined ? 0 : key[W.packetType]!;
    if (packetType === 0) level.frame.reset(memory, at, length, offload);
    else resetWithoutEthernet(level.frame, { data: memory.subarray(at, at + length), offload }, packetType & 0xffff);
    if (key !== undefined) copyKey(level.key, key);
    this.#dirty = true;
    this.#recirculations = recirculations;
    this.#stale = false;
    this.#exits.cutOff = 0;
    this.#run(program, 0);
  }

  /** Runs a program on the packet of `depth`. */
  #run(program: Program, depth: number, from = 0): void {
    const level = this.#levels.at(depth);
    const frame = level.frame;
    const count = program.length;
    if (count === 0) this.counters[DROP.pipeline]!++;
    for (let i = from; i < count; i++) {
      const step = program[i]!;
      switch (step.code) {
        case OP_OUTPUT:
          this.#exits.output(frame, step.a);
          break;
        case OP_REWRITE:
          rewrite(frame, step.change!);
          setWords(level.key, step.words!);
          if (step.b !== 0) this.#stale = true;
          break;
        case OP_SET_KEY:
          this.#dirty = true;
          setWords(level.key, step.words!);
          break;
        case OP_CT:
          if (!this.#track(program, i, level, depth)) return;
          break;
        case OP_CT_CLEAR:
          clearCt(level.key);
          break;
        case OP_TRUNC:
          this.#exits.limit(frame, step.a);
          break;
        case OP_HASH:
          this.#refresh(level);
          this.#dirty = true;
          level.key[W.dpHash] = packetHash(level.key, step.a, step.b);
          break;
        case OP_USERSPACE:
          this.#refresh(level);
          this.#exits.userspace(frame, level.key, step.cookie, this.#recirculations, this.now);
          break;
        case OP_RECIRC:
          this.#recirculate(level, step.a, depth, i === count - 1);
          break;
        case OP_TNL_PUSH:
          if (this.#exits.cutOff > 0) frame.cut(this.#exits.takeCut(frame));
          if (isGso(frame)) {
            this.#runOnSegments(program.slice(i), level, depth);
            return;
          }
          this.#refresh(level);
          if (!this.#tunnels.push(frame, level.key, step.push!, this.now)) {
            this.counters[DROP.push]!++;
            return;
          }
          // It is another packet now, of which nothing is remembered.
          level.key.fill(0);
          level.key[W.inPort] = step.push!.outPort;
          this.#dirty = this.#stale = true;
          break;
        case OP_TNL_POP:
          if (this.#tunnels.hasOuterSegments(frame)) {
            this.#runOnSegments(program.slice(i), level, depth);
            return;
          }
          this.#pop(level, step.a, depth, i === count - 1);
          break;
        case OP_CLONE:
          // What is cut off is the copy's affair alone.
          this.#nested(step.inner, level, depth, this.#exits.cutOff);
          this.#exits.cutOff = 0;
          break;
        case OP_SAMPLE:
          if (this.#samples(step.a)) this.#nested(step.inner, level, depth, 0);
          break;
        case OP_CHECK_LENGTH:
          this.#nested(lengthOf(frame) - this.#exits.cutOff > step.a ? step.inner : step.otherwise, level, depth, 0);
          break;
        case OP_METER: {
          const meter = this.#meters.get(step.a);
          if (meter === undefined) break;
          if (!metersWhole(meter, frame, this.now)) {
            this.#runOnSegments(program.slice(i), level, depth);
            return;
          }
          if (!this.#meter(meter, frame)) return;
          break;
        }
        case OP_DROP:
          this.counters[step.a === 0 ? DROP.pipeline : DROP.other]!++;
          return;
        // A header is put on or taken off.
        default:
          if (forbidsSegments(step.code) && isGso(frame)) {
            this.#runOnSegments(program.slice(i), level, depth);
            return;
          }
          this.#changed(changeHeaders(frame, step));
      }
    }
  }

  /** Runs what is left of a program on each of the frames that a large segment becomes. */
  #runOnSegments(program: Program, level: Level, depth: number): void {
    const segments = segmentFrame(level.frame);
    if (segments === undefined || depth >= MAX_DEPTH) {
      this.counters[DROP.segmentation]!++;
      return;
    }
    const inner = this.#levels.at(depth + 1);
    const stale = this.#stale;
    const exits = this.#exits;
    // What was to be left of the whole is left of each.
    const kept = exits.cutOff > 0 ? level.frame.length - exits.cutOff : Number.POSITIVE_INFINITY;
    for (const { data, offload } of segments) {
      inner.frame.reset(data, 0, data.length, offload);
      exits.cutOff = Math.max(0, data.length - kept);
      copyKey(inner.key, level.key);
      this.#stale = stale;
      this.#run(program, depth + 1);
    }
    this.#stale = stale;
  }

  /** Gives a packet to a meter; false where that drops it. */
  #meter(meter: Meter, frame: Frame): boolean {
    const outcome = meterFrame(meter, frame, this.now);
    if (outcome === "remarked") this.#stale = true;
    else if (outcome === "dropped") this.counters[DROP.meter]!++;
    return outcome !== "dropped";
  }

  /** Sends a packet through connection tracking. False where it ends here: it waits for other fragments, or could not be translated. */
  #track(program: Program, at: number, level: Level, depth: number): boolean {
    this.#refresh(level);
    this.#dirty = true;
    const { frame, key } = level;
    const connections = this.tracking.connections;
    connections.setTime(this.now);
    if (key[W.nw]! >>> 24 !== 0) return this.#trackFragment(program, at, level, depth);
    const isTracked = connections.track(frame, key, program[at]!.ct!) !== CT_EXHAUSTED;
    if (!isTracked) this.counters[DROP.exhausted]!++;
    return isTracked;
  }

  /** A fragment waits for the others; the last one to come takes all of them on, each from where it was. */
  #trackFragment(program: Program, at: number, level: Level, depth: number): boolean {
    const { connections, fragments } = this.tracking;
    const step = program[at]!.ct!;
    const pieces = fragments.add(level.frame, level.key, step.zone, { program, next: at + 1 }, this.now);
    if (pieces === "held") return false;
    if (pieces === "invalid") {
      connections.refuse(level.key, step.zone);
      return true;
    }
    if (depth >= MAX_DEPTH) {
      this.counters[DROP.depth]! += pieces.length;
      return false;
    }
    const inner = this.#levels.at(depth + 1);
    fragments.whole(pieces, inner.frame, inner.key);
    if (connections.track(inner.frame, inner.key, step) === CT_EXHAUSTED) {
      this.counters[DROP.exhausted]! += pieces.length;
      return false;
    }
    fragments.share(pieces, inner.frame, inner.key);
    for (const { data, key, token } of pieces) {
      inner.frame.reset(data, 0, data.length, PLAIN);
      inner.frame.noEthernet = key[W.packetType] !== 0;
      copyKey(inner.key, key);
      this.#stale = false;
      this.#run(token.program, depth + 1, token.next);
    }
    return false;
  }

  #changed(done: boolean): void {
    if (done) this.#stale = true;
    else this.counters[DROP.truncated]!++;
  }

  #recirculate(level: Level, id: number, depth: number, last: boolean): void {
    if (this.#isTooDeep(depth)) return;
    this.#refresh(level);
    const at = last ? depth : depth + 1;
    const own = last ? level : this.#levels.copy(level, at);
    own.key[W.recircId] = id;
    this.#dirty = true;
    this.#enter(own, at);
  }

  /** Takes a packet out of a tunnel; it then comes in by the tunnel's port. */
  #pop(level: Level, port: number, depth: number, last: boolean): void {
    if (this.#isTooDeep(depth)) return;
    const at = last ? depth : depth + 1;
    const own = last ? level : this.#levels.copy(level, at);
    const { frame, key } = own;
    key.fill(0);
    this.#dirty = true;
    if (!this.#tunnels.pop(frame, key, port)) {
      this.counters[DROP.pop]!++;
      return;
    }
    key[W.inPort] = port;
    const stale = this.#stale;
    this.#stale = false;
    extractAgain(frame, key, this.#layers);
    this.#enter(own, at);
    this.#stale = stale;
  }

  /** Whether a sample takes the packet; the kernel may have asked for the first. */
  #samples(probability: number): boolean {
    const isChosen = this.#isChosen;
    this.#isChosen = false;
    return isChosen || probability === 0xffffffff || this.#random() * 0x100000000 < probability;
  }

  #isTooDeep(depth: number): boolean {
    const deep = this.#recirculations >= MAX_RECIRCULATIONS || depth >= MAX_DEPTH;
    if (deep) this.counters[DROP.recirc]!++;
    return deep;
  }

  /** Has the packet of `depth` go through the flows once more. */
  #enter({ frame, key }: Level, depth: number): void {
    this.counters[Counter.recirculated]!++;
    const flow = this.lookup.recirculated(key);
    if (flow === undefined) {
      this.#exits.miss(frame, key, this.#recirculations + 1);
      return;
    }
    if (flow.isElsewhere) {
      this.#handOver(frame, key, this.#recirculations + 1);
      return;
    }
    countOn(flow, this.now, frame.length, key[W.l4]!);
    const [stale, cutOff] = [this.#stale, this.#exits.cutOff];
    this.#recirculations++;
    this.#exits.cutOff = 0;
    this.#run(flow.program, depth);
    this.#recirculations--;
    this.#stale = stale;
    this.#exits.cutOff = cutOff;
  }

  /** Runs a program on a copy, which loses `cutOff` bytes where it goes first. */
  #nested(program: Program, level: Level, depth: number, cutOff: number): void {
    if (program.length === 0) return;
    if (depth >= MAX_DEPTH) {
      this.counters[DROP.depth]!++;
      return;
    }
    this.#levels.copy(level, depth + 1);
    const stale = this.#stale;
    const outside = this.#exits.cutOff;
    this.#exits.cutOff = cutOff;
    this.#run(program, depth + 1);
    this.#stale = stale;
    this.#exits.cutOff = outside;
  }

  /** Makes the key say what the frame now holds. */
  #refresh(level: Level): void {
    if (!this.#stale) return;
    this.#stale = false;
    if (level.frame.noEthernet) this.#dirty = true;
    extractAgain(level.frame, level.key, this.#layers);
  }
}

const PLAIN: Readonly<Offload> = plainOffload();

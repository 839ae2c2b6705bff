import { type FlowKey, newKey, wordsInUse } from "#flow/key.js";
import { CORE_WORDS } from "#flow/layout.js";
import { type MaskShape, scatter, shapeOf } from "#flow/shape.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import type { Packet } from "../../packet.js";
import type { EngineFlow } from "../engine.js";
import type { Program } from "../ops.js";

/** Kinds of records, each a run of 32-bit numbers. */
const Kind = {
  /** shape, then pairs (word, mask): their number first. */
  shape: 0,
  /** flow, chunk, place in it, program, shape, then the shape's compact values. */
  put: 1,
  /** program, bytes, six of the offload state, recirculations, the key's words, the packet. */
  execute: 2,
  /** program, chunk, place in it. */
  executeKept: 3,
  /** chunk. */
  release: 4,
} as const;

const PUT = 6;
const EXECUTE = 10;
const EXECUTE_KEPT = 4;
const RELEASE = 2;
/** Bytes of a batch to begin with, and from which on it is posted. */
const FIRST = 1 << 14;
const FULL = 1 << 18;
/** More shapes are not kept in mind. */
const MAX_SHAPES = 4096;

/**
 * Flows to put down and packets to execute, packed one behind the other on their way to the forwarding thread: the most frequent commands by far. Their
 * programs go beside them, each once.
 */
export class WorkBatch {
  #words = new Int32Array(FIRST >> 2);
  #bytes = new Uint8Array(this.#words.buffer);
  #length = 0;
  #programs: Program[] = [];
  #programIds = new Map<Program, number>();
  /** The program that was named last, which most often is named again. */
  #lastProgram: Program | undefined;
  #lastId = 0;
  /** Shapes that the thread knows. */
  readonly #shapes = new Map<MaskShape, number>();
  #nextShape = 0;
  /** The shape that was named last. */
  #lastShape: MaskShape | undefined;
  #lastShapeId = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  get isFull(): boolean {
    return this.#length >= FULL >> 2;
  }

  /** Another thread has begun, which knows no shapes; what was packed is void. */
  reset(): void {
    this.#length = 0;
    this.#programs = [];
    this.#programIds = new Map();
    this.#lastProgram = undefined;
    this.#shapes.clear();
    this.#lastShape = undefined;
  }

  put({ index, shape, program, slot }: Omit<EngineFlow, "readKey">, key: FlowKey): void {
    const shapeId = shape === this.#lastShape ? this.#lastShapeId : this.#shapeId(shape);
    const at = this.#reserve(PUT + shape.words.length);
    const words = this.#words;
    words[at] = Kind.put;
    words[at + 1] = index;
    words[at + 2] = slot.chunk.number;
    words[at + 3] = slot.at;
    words[at + 4] = this.#program(program);
    words[at + 5] = shapeId;
    shape.gather(key, words, at + PUT);
  }

  execute({ data, offload, recirculations = 0 }: Packet, key: FlowKey, program: Program): void {
    const length = data.length;
    const count = wordsInUse(key);
    const at = this.#reserve(EXECUTE + count + ((length + 3) >> 2));
    const words = this.#words;
    words[at] = Kind.execute;
    words[at + 1] = this.#program(program);
    words[at + 2] = length;
    words[at + 3] = offload.flags;
    words[at + 4] = offload.gsoType;
    words[at + 5] = offload.headerLength;
    words[at + 6] = offload.gsoSize;
    words[at + 7] = offload.csumStart;
    words[at + 8] = offload.csumOffset;
    words[at + 9] = recirculations;
    for (let i = 0; i < count; i++) words[at + EXECUTE + i] = key[i]!;
    this.#bytes.set(data, (at + EXECUTE + count) * 4);
  }

  /** Executes a packet that the thread has still. */
  executeKept({ chunk, place }: { readonly chunk: number; readonly place: number }, program: Program): void {
    const at = this.#reserve(EXECUTE_KEPT);
    const words = this.#words;
    words[at] = Kind.executeKept;
    words[at + 1] = this.#program(program);
    words[at + 2] = chunk;
    words[at + 3] = place;
  }

  /** A batch of upcalls in a chunk has been handled. */
  release(chunk: number): void {
    const at = this.#reserve(RELEASE);
    this.#words[at] = Kind.release;
    this.#words[at + 1] = chunk;
  }

  /** What was packed; the batch is empty afterwards. */
  take(): { buffer: ArrayBuffer; programs: readonly Program[] } {
    const buffer = (this.#words.buffer as ArrayBuffer).slice(0, this.#length * 4);
    const programs = this.#programs;
    this.#length = 0;
    this.#programs = [];
    this.#programIds = new Map();
    this.#lastProgram = undefined;
    return { buffer, programs };
  }

  #shapeId(shape: MaskShape): number {
    this.#lastShapeId = this.#shapes.get(shape) ?? this.#addShape(shape);
    this.#lastShape = shape;
    return this.#lastShapeId;
  }

  #addShape(shape: MaskShape): number {
    if (this.#shapes.size >= MAX_SHAPES) this.#shapes.clear();
    const id = this.#nextShape++ % (2 * MAX_SHAPES);
    this.#shapes.set(shape, id);
    const { words, mask } = shape;
    let at = this.#reserve(3 + 2 * words.length);
    this.#words[at++] = Kind.shape;
    this.#words[at++] = id;
    this.#words[at++] = words.length;
    for (const word of words) {
      this.#words[at++] = word;
      this.#words[at++] = mask[word]!;
    }
    return id;
  }

  #program(program: Program): number {
    if (program === this.#lastProgram) return this.#lastId;
    const id = this.#programId(program);
    this.#lastProgram = program;
    this.#lastId = id;
    return id;
  }

  #programId(program: Program): number {
    const known = this.#programIds.get(program);
    if (known !== undefined) return known;
    const id = this.#programs.length;
    this.#programs.push(program);
    this.#programIds.set(program, id);
    return id;
  }

  /** Where so many numbers can be written. */
  #reserve(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#words.length) {
      const grown = new Int32Array(Math.max(this.#length, this.#words.length * 2));
      grown.set(this.#words.subarray(0, at));
      this.#words = grown;
      this.#bytes = new Uint8Array(grown.buffer);
    }
    return at;
  }
}

/** What the forwarding thread does with what a batch holds. Keys are the reader's: they are written anew each time. */
export interface WorkHandlers {
  put(id: number, chunk: number, at: number, program: Program, key: FlowKey, shape: MaskShape): void;
  execute(packet: Packet, key: FlowKey, program: Program): void;
  /** Executes an upcall of the thread's own. */
  executeKept(chunk: number, place: number, program: Program): void;
  release(chunk: number): void;
}

/** Reads batches, in order. */
export class WorkReader {
  readonly #shapes: MaskShape[] = [];
  readonly #key: FlowKey = newKey();
  readonly #offload: Offload = plainOffload();

  read(buffer: ArrayBuffer, programs: readonly Program[], handlers: WorkHandlers): void {
    const words = new Int32Array(buffer);
    const bytes = new Uint8Array(buffer);
    for (let at = 0; at < words.length; ) {
      switch (words[at]) {
        case Kind.shape:
          at = this.#readShape(words, at);
          break;
        case Kind.put: {
          const shape = this.#shapes[words[at + 5]!]!;
          const key = this.#key;
          scatter(shape, words, at + PUT, key);
          handlers.put(words[at + 1]!, words[at + 2]!, words[at + 3]!, programs[words[at + 4]!]!, key, shape);
          at += PUT + shape.words.length;
          break;
        }
        case Kind.executeKept:
          handlers.executeKept(words[at + 2]!, words[at + 3]!, programs[words[at + 1]!]!);
          at += EXECUTE_KEPT;
          break;
        case Kind.release:
          handlers.release(words[at + 1]!);
          at += RELEASE;
          break;
        default:
          at = this.#readExecute(words, bytes, at, programs, handlers);
      }
    }
  }

  #readShape(words: Int32Array, from: number): number {
    const mask = newKey();
    const count = words[from + 2]!;
    let at = from + 3;
    for (let i = 0; i < count; i++) {
      mask[words[at]!] = words[at + 1]!;
      at += 2;
    }
    this.#shapes[words[from + 1]!] = shapeOf(mask);
    return at;
  }

  #readExecute(
    words: Int32Array,
    bytes: Uint8Array,
    at: number,
    programs: readonly Program[],
    handlers: WorkHandlers,
  ): number {
    const length = words[at + 2]!;
    const offload = this.#offload;
    offload.flags = words[at + 3]!;
    offload.gsoType = words[at + 4]!;
    offload.headerLength = words[at + 5]!;
    offload.gsoSize = words[at + 6]!;
    offload.csumStart = words[at + 7]!;
    offload.csumOffset = words[at + 8]!;
    const from = at + EXECUTE;
    const key = this.#key;
    key.fill(0, CORE_WORDS);
    for (let i = 0; i < CORE_WORDS; i++) key[i] = words[from + i]!;
    const count = wordsInUse(key);
    for (let i = CORE_WORDS; i < count; i++) key[i] = words[from + i]!;
    const start = (from + count) * 4;
    const packet = { data: bytes.subarray(start, start + length), offload, recirculations: words[at + 9]! };
    handlers.execute(packet, key, programs[words[at + 1]!]!);
    return from + count + ((length + 3) >> 2);
  }
}

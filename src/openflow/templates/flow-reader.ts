import { i32, put16, put32, u16 } from "#util/big-endian.js";
import { UserError } from "#util/errors.js";
import { formatIpv4, formatIpv6 } from "#util/ip.js";
import { type FlowTextCommand, parseFlowMod } from "../flow-text.js";
import { encodeMessage } from "../messages/codec.js";
import type { Protocol, ProtocolSet } from "../protocol.js";
import { FlowGrammar } from "./flow-grammar.js";
import { LessonBudget } from "./lesson-budget.js";
import { asciiText, literal, type OutputBuffer } from "./output-buffer.js";
import { TextForm, type TextHole, type TextHoleAt, WORDS } from "./text-hole.js";
import { TextTree } from "./text-tree.js";

/** A value, as `TextTree` reads it: four words, the least significant last. */
type Words = Int32Array;

/** Where a value of a text goes in a message, and which values may. */
class Place {
  readonly #size: number;
  readonly #min: number;
  readonly #max: number;
  readonly #high: number;
  readonly #low: number;
  readonly #at: number;
  /** The bits of the value that the message has. */
  readonly #mask: Words;

  constructor({ size, min = 0, max = 0xffffffff, bits = 64 }: TextHole, at: number, mask: Words) {
    this.#size = size;
    this.#min = min;
    this.#max = max;
    [this.#high, this.#low] = [bits > 32 ? ones(bits - 32) : 0, ones(Math.min(32, bits))];
    this.#at = at;
    this.#mask = mask;
  }

  /** True where the value in `values` from `from` on is one that the template is for. */
  fits(values: Words, from: number): boolean {
    const high = values[from + 2]!;
    const low = values[from + 3]!;
    if (this.#size <= 4) return high === 0 && low >>> 0 <= this.#max && low >>> 0 >= this.#min;
    return this.#size !== 8 || ((high & ~this.#high) === 0 && (low & ~this.#low) === 0);
  }

  /** Puts the value into a message whose bits are 0 there. */
  write(values: Words, from: number, bytes: Uint8Array, start: number): void {
    const at = start + this.#at;
    const size = this.#size;
    const mask = this.#mask;
    const low = values[from + 3]! & mask[3]!;
    switch (size) {
      case 1:
        bytes[at] = bytes[at]! | low;
        return;
      case 2:
        put16(bytes, at, u16(bytes, at) | low);
        return;
      case 4:
        put32(bytes, at, i32(bytes, at) | low);
        return;
      case 6:
        put16(bytes, at, u16(bytes, at) | (values[from + 2]! & mask[2]!));
        put32(bytes, at + 2, i32(bytes, at + 2) | low);
        return;
    }
    const first = size === 8 ? 2 : 0;
    for (let i = first; i < WORDS; i++) {
      const word = at + 4 * (i - first);
      put32(bytes, word, i32(bytes, word) | (values[from + i]! & mask[i]!));
    }
  }
}

const ones = (bits: number): number => (bits >= 32 ? -1 : 2 ** bits - 1);

/** Texts of one kind, and the message that they become. */
interface FlowForm {
  /** The message, with no bits where the values go. */
  readonly bytes: Uint8Array;
  readonly places: readonly Place[];
  readonly usable: ProtocolSet;
}

/** What one text came to. */
interface Encoded {
  readonly bytes: Uint8Array;
  readonly usable: ProtocolSet;
}

/**
 * Makes flow mods of very many texts, in one protocol, with number 0: what it has learnt of one text it knows of all that differ in values only. What it
 * does not know it leaves to `parseFlowMod`.
 */
export class FlowReader {
  readonly #protocol: Protocol;
  readonly #command: FlowTextCommand;
  readonly #tree = new TextTree<FlowForm | false>();
  readonly #budget = new LessonBudget();
  #grammar: FlowGrammar | undefined;

  constructor(protocol: Protocol, command: FlowTextCommand) {
    this.#protocol = protocol;
    this.#command = command;
  }

  /**
   * Appends the message of the text (UTF-8) between two places, and gives the protocols that can say it. Undefined where that is not known: nothing was
   * written, and nobody was told anything.
   */
  read(text: Uint8Array, start: number, end: number, out: OutputBuffer): ProtocolSet | undefined {
    let form = this.#tree.find(text, start, end);
    if (form === undefined) {
      if (!this.#budget.take()) return undefined;
      this.#learn(asciiText(text, start, end));
      form = this.#tree.find(text, start, end);
    } else this.#budget.known();
    if (form === undefined || form === false) return undefined;
    const { values } = this.#tree;
    const { places, bytes } = form;
    for (let i = 0; i < places.length; i++) if (!places[i]!.fits(values, WORDS * i)) return undefined;
    out.reserve(bytes.length);
    const at = out.length;
    out.bytes.set(bytes, at);
    out.length += bytes.length;
    for (let i = 0; i < places.length; i++) places[i]!.write(values, WORDS * i, out.bytes, at);
    return form.usable;
  }

  #learn(line: string): void {
    if (!isPlain(line)) return;
    this.#grammar ??= new FlowGrammar();
    const holes = this.#grammar.holes(line);
    this.#tree.add(literal(line), holes, learnForm(line, holes, (one) => this.#encode(one)) ?? false);
  }

  /** Undefined where the text is at fault, or there is something to say about it. */
  #encode(line: string): Encoded | undefined {
    const complaints: string[] = [];
    try {
      const { flowMod, usable } = parseFlowMod(line, this.#command, { warn: (_module, what) => complaints.push(what) });
      if (complaints.length > 0 || (usable & this.#protocol.bit) === 0) return undefined;
      const bytes = encodeMessage(flowMod, this.#protocol.version, 0, { protocol: this.#protocol });
      return { bytes, usable };
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }
}

/** A comment, and what an end of a line leaves out, is for whoever cuts files into lines. */
const isPlain = (line: string): boolean => !line.includes("#") && line.trimEnd() === line && !/[^ -~]/.test(line);

function learnForm(
  line: string,
  holes: readonly TextHoleAt[],
  encode: (line: string) => Encoded | undefined,
): FlowForm | undefined {
  const least = holes.map((h) => sampleValue(h.hole, 0, 0));
  const most = holes.map((h) => sampleValue(h.hole, 1, 0));
  const trials = [2, 3].map((seed) => holes.map((h, i) => sampleValue(h.hole, seed, i)));
  const samples = [least, most, ...trials].map((values) => ({
    values,
    encoded: encode(withValues(line, holes, values)),
  }));
  const own = encode(line);
  const base = samples[0]?.encoded;
  if (own === undefined || base === undefined || own.bytes.length !== base.bytes.length) return undefined;
  for (const { encoded } of samples) {
    if (encoded?.usable !== own.usable || encoded.bytes.length !== base.bytes.length) return undefined;
  }
  const known = samples.map(({ values, encoded }) => ({ values, bytes: encoded!.bytes }));
  const places: Place[] = [];
  const bytes = new Uint8Array(base.bytes);
  for (const [i, { hole }] of holes.entries()) {
    const found = findPlace(
      hole,
      known.map((k) => ({ value: k.values[i]!, bytes: k.bytes })),
    );
    if (found === undefined) return undefined;
    places.push(new Place(hole, found.at, found.mask));
    clear(bytes, found.at, hole.size, found.mask);
  }
  const form = { bytes, places, usable: own.usable };
  return known.every((k) => isSame(written(form, k.values), k.bytes)) ? form : undefined;
}

function written({ bytes, places }: FlowForm, values: readonly Words[]): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (const [i, place] of places.entries()) place.write(values[i]!, 0, copy, 0);
  return copy;
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);

/** The only place where the messages have the value, or the bits of it that they have at all. */
function findPlace(
  hole: TextHole,
  samples: readonly { readonly value: Words; readonly bytes: Uint8Array }[],
): { readonly at: number; readonly mask: Words } | undefined {
  const { size, min = 0 } = hole;
  // Values that are not all zeros and all ones say nothing of the mask: it is whole then.
  const isWhole = min !== 0 || samples[1]!.value.some((word) => ((word + 1) & word) !== 0);
  const [least, most] = [samples[0]!.bytes, samples[1]!.bytes];
  let found: { readonly at: number; readonly mask: Words } | undefined;
  for (let at = 0; at + size <= least.length; at++) {
    const [low, high] = [wordsAt(least, at, size), wordsAt(most, at, size)];
    const mask = Int32Array.from(high, (word, i) => (isWhole ? cover(samples[1]!.value[i]!) : word ^ low[i]!));
    if (mask.every((word) => word === 0)) continue;
    const fixed = Int32Array.from(low, (word, i) => word & ~mask[i]!);
    const isHere = samples.every(({ value, bytes }) => {
      const words = wordsAt(bytes, at, size);
      return words.every((word, i) => word === (fixed[i]! | (value[i]! & mask[i]!)));
    });
    if (!isHere) continue;
    if (found !== undefined) return undefined;
    found = { at, mask };
  }
  return found;
}

/** All bits up to the highest one. */
const cover = (word: number): number => (word === 0 ? 0 : ones(32 - Math.clz32(word)));

/** The bytes as words, on the right. */
function wordsAt(bytes: Uint8Array, at: number, size: number): Words {
  const words = new Int32Array(WORDS);
  for (let i = 0; i < size; i++) {
    const word = WORDS - 1 - ((size - 1 - i) >> 2);
    words[word] = (words[word]! << 8) | bytes[at + i]!;
  }
  return words;
}

function clear(bytes: Uint8Array, at: number, size: number, mask: Words): void {
  for (let i = 0; i < size; i++) {
    const left = size - 1 - i;
    bytes[at + i] = bytes[at + i]! & ~(mask[WORDS - 1 - (left >> 2)]! >>> (8 * (left & 3)));
  }
}

/** A value of a hole: the least (`seed` 0), the greatest (1), or one that looks like no other. */
function sampleValue(hole: TextHole, seed: number, index: number): Words {
  const { size, min = 0, max = 0xffffffff, bits = 64 } = hole;
  const words = new Int32Array(WORDS);
  const count = size <= 4 ? 1 : size <= 8 ? 2 : WORDS;
  for (let i = WORDS - count; i < WORDS; i++) words[i] = seed === 0 ? 0 : seed === 1 ? -1 : noise(seed, index, i);
  if (size === 6) words[2] = words[2]! & 0xffff;
  if (size <= 4) {
    const value = words[3]! >>> 0;
    words[3] = seed === 1 ? max : seed === 0 ? min : min + (value % (max - min + 1));
  } else if (size === 8) {
    words[2] = words[2]! & (bits > 32 ? ones(bits - 32) : 0);
    words[3] = words[3]! & ones(Math.min(32, bits));
  }
  return words;
}

/** A word that is the same for the same arguments. */
function noise(seed: number, index: number, i: number): number {
  let x = Math.imul(seed * 131 + index * 17 + i + 1, 0x9e3779b1);
  x ^= x >>> 15;
  x = Math.imul(x, 0x85ebca6b);
  return x ^ (x >>> 13);
}

/** The text with other values in its holes. */
function withValues(line: string, holes: readonly TextHoleAt[], values: readonly Words[]): string {
  let text = "";
  let at = 0;
  for (const [i, { hole, start, end }] of holes.entries()) {
    text += line.slice(at, start) + valueText(hole.form, values[i]!);
    at = end;
  }
  return text + line.slice(at);
}

function valueText(form: TextForm, [w0 = 0, w1 = 0, w2 = 0, w3 = 0]: Words): string {
  const number = (BigInt(w2 >>> 0) << 32n) | BigInt(w3 >>> 0);
  switch (form) {
    case TextForm.decimal:
      return number.toString();
    case TextForm.hex:
      return `0x${number.toString(16)}`;
    case TextForm.mac:
      return number
        .toString(16)
        .padStart(12, "0")
        .replace(/..(?=.)/g, "$&:");
    case TextForm.ipv4:
      return formatIpv4(w3);
    case TextForm.ipv6:
      return formatIpv6(w0, w1, w2, w3);
  }
}

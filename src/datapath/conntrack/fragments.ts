import { extractKey } from "#flow/extract.js";
import { cloneKey, type FlowKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { plainOffload } from "#wire/virtio-net.js";
import type { Frame } from "../userspace/frames/frame.js";
import { assemble, type FragmentHeader, readFragment, updateFragment } from "./fragment-header.js";

/** A fragment that waits, or goes on: a frame of its own, its key, and where it is to go on. */
export interface HeldFragment<Token> {
  readonly data: Uint8Array;
  readonly key: FlowKey;
  readonly token: Token;
  readonly header: FragmentHeader;
}

interface Waiting<Token> {
  readonly since: number;
  readonly pieces: HeldFragment<Token>[];
}

/** Counters of fragments of one version of IP. */
interface FragmentCounts {
  accepted: number;
  completed: number;
  expired: number;
  tooSmall: number;
  overlapped: number;
  purged: number;
}

/** What is settable, and what was counted, of one version of IP. */
export interface FragmentSettings {
  isEnabled: boolean;
  /** The smallest IP packet that a fragment but the last may be, in bytes. */
  least: number;
  readonly counts: FragmentCounts;
}

function settings(least: number): FragmentSettings {
  const counts = { accepted: 0, completed: 0, expired: 0, tooSmall: 0, overlapped: 0, purged: 0 };
  return { isEnabled: true, least, counts };
}

/** Longest that fragments wait for the others, in milliseconds. */
const PATIENCE = 15_000;
/** Fragments that a packet may have at most. */
const MOST_PIECES = 512;

/** Fragments that wait until their packet is complete, so that it can be tracked. */
export class Fragments<Token> {
  readonly v4: FragmentSettings = settings(1200);
  readonly v6: FragmentSettings = settings(1280);
  /** Fragments that may wait, of all packets together. */
  most = 1000;
  readonly #waiting = new Map<string, Waiting<Token>>();
  readonly #layers = newLayers();
  readonly #onLost: (fragments: number) => void;
  #held = 0;

  /** `onLost` is told how many fragments have waited in vain. */
  constructor(onLost: (fragments: number) => void) {
    this.#onLost = onLost;
  }

  /** Fragments that wait. */
  get held(): number {
    return this.#held;
  }

  /**
   * Takes a fragment. It waits ("held"), is nothing to be tracked ("invalid"), or completes its packet, whose fragments are returned in order. `now` in
   * milliseconds.
   */
  add(frame: Frame, key: FlowKey, zone: number, token: Token, now: number): "invalid" | "held" | HeldFragment<Token>[] {
    this.sweep(now);
    const header = readFragment(frame);
    if (header === undefined) return "invalid";
    const family = header.isIpv4 ? this.v4 : this.v6;
    if (!family.isEnabled) return "invalid";
    if (!header.isLast && header.end - header.l3 < family.least) {
      family.counts.tooSmall++;
      return "invalid";
    }
    const name = nameOf(header, key, zone);
    let waiting = this.#waiting.get(name);
    if (waiting?.pieces.some((other) => overlaps(other.header, header))) {
      family.counts.overlapped++;
      return "invalid";
    }
    if (this.#held >= this.most || (waiting?.pieces.length ?? 0) >= MOST_PIECES) return "invalid";
    if (waiting === undefined) this.#waiting.set(name, (waiting = { since: now, pieces: [] }));
    waiting.pieces.push({ data: frame.bytes(), key: cloneKey(key), token, header });
    this.#held++;
    family.counts.accepted++;
    if (!isComplete(waiting.pieces)) return "held";
    this.#waiting.delete(name);
    this.#held -= waiting.pieces.length;
    family.counts.completed += waiting.pieces.length;
    return waiting.pieces;
  }

  /** Makes the packet that `pieces` are in `frame`, and its key. */
  whole(pieces: readonly HeldFragment<Token>[], frame: Frame, key: FlowKey): void {
    const first = pieces[0]!;
    const last = pieces.at(-1)!.header;
    const payload = new Uint8Array(last.offset + last.end - last.begin);
    for (const { data, header } of pieces) payload.set(data.subarray(header.begin, header.end), header.offset);
    const bytes = assemble(first.data, first.header, payload);
    frame.reset(bytes, 0, bytes.length, plainOffload());
    key.set(first.key);
    frame.noEthernet = key[W.packetType] !== 0;
    this.#extract(bytes, key);
  }

  /** Gives each of `pieces` the state, and the translation, of the packet that they are. */
  share(pieces: readonly HeldFragment<Token>[], frame: Frame, key: FlowKey): void {
    const whole = frame.bytes();
    const first = pieces[0]!.header;
    for (const piece of pieces) {
      updateFragment(piece.data, piece.header, whole, first);
      for (let i: number = W.ctState; i < W.ctIpv6Dst + 4; i++) piece.key[i] = key[i]!;
      this.#extract(piece.data, piece.key);
    }
  }

  #extract(bytes: Uint8Array, key: FlowKey): void {
    // A packet without an Ethernet header has room for one all the same.
    const skipped = key[W.packetType] === 0 ? 0 : 14;
    extractKey(bytes, skipped, bytes.length - skipped, key, key, this.#layers);
  }

  /** Forgets what has waited too long; the oldest comes first. */
  sweep(now: number): void {
    for (const [name, { since, pieces }] of this.#waiting) {
      if (now - since < PATIENCE) return;
      this.#waiting.delete(name);
      this.#held -= pieces.length;
      (pieces[0]!.header.isIpv4 ? this.v4 : this.v6).counts.expired += pieces.length;
      this.#onLost(pieces.length);
    }
  }
}

function nameOf(header: FragmentHeader, key: FlowKey, zone: number): string {
  const { isIpv4, identification, protocol } = header;
  const from = isIpv4 ? W.nwSrc : W.ipv6Src;
  return `${zone},${identification},${protocol},${key.subarray(from, from + (isIpv4 ? 2 : 8)).join()}`;
}

function overlaps(a: FragmentHeader, b: FragmentHeader): boolean {
  return a.offset < b.offset + b.end - b.begin && b.offset < a.offset + a.end - a.begin;
}

/** True where the pieces, which do not overlap, leave no gap; they are in order then. */
function isComplete<Token>(pieces: HeldFragment<Token>[]): boolean {
  pieces.sort((a, b) => a.header.offset - b.header.offset);
  if (!pieces.at(-1)!.header.isLast) return false;
  let end = 0;
  for (const { header } of pieces) {
    if (header.offset !== end) return false;
    end += header.end - header.begin;
  }
  return true;
}

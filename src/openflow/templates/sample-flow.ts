import { type Part, partSize } from "./flow-parts.js";
import { PlacedHole } from "./hole.js";
import { LONGEST } from "./template-tree.js";

/** A copy in memory of its own; what `slice` of a `Buffer` gives is none. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}

/** A flow that its kind is learnt from: its bytes, and where the holes are in them. */
export class SampleFlow {
  readonly bytes: Uint8Array;
  readonly holes: readonly PlacedHole[];
  /** Where each hole begins. */
  readonly places: Int32Array;

  /** `parts` lie from `from` on. */
  constructor(bytes: Uint8Array, from: number, parts: readonly Part[]) {
    this.bytes = bytes;
    const places: number[] = [];
    const holes: PlacedHole[] = [];
    let at = from;
    for (const part of parts) {
      if (typeof part !== "number" && !("instead" in part)) {
        const mask = part.masked === true ? copyOf(bytes, at + part.size, at + 2 * part.size) : undefined;
        holes.push(new PlacedHole(part, holes.length, mask));
        places.push(at);
      }
      at += partSize(part);
    }
    this.holes = holes;
    this.places = Int32Array.from(places);
  }

  /** False of more holes than templates have. */
  get isLearnable(): boolean {
    return this.holes.length < LONGEST;
  }

  /** Another flow of the kind: its holes are filled as `PlacedHole.fill` says. */
  filled(seed: number): Uint8Array {
    const bytes = copyOf(this.bytes, 0, this.bytes.length);
    for (const [i, hole] of this.holes.entries()) hole.fill(bytes, this.places[i]!, seed);
    return bytes;
  }
}

/** True where these bytes are ones that each hole, at its place, may have. */
export function allFit(holes: readonly PlacedHole[], bytes: Uint8Array, places: Int32Array): boolean {
  for (let i = 0; i < holes.length; i++) if (!holes[i]!.fits(bytes, places[i]!)) return false;
  return true;
}

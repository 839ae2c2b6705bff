/** A piece of a guest's memory as this process sees it: `bytes[0]` is the guest's address `guest`. */
export interface GuestPiece {
  readonly guest: number;
  readonly bytes: Uint8Array;
}

const PAGE = 4096;
/** Copies this short are made byte by byte: a view of their own would cost more. */
const SHORT = 96;

/**
 * A guest's memory, in pieces that do not overlap. Addresses come from the guest and may be anything; whatever touches a byte outside
 * the pieces is refused. A range may lie across pieces that touch.
 */
export class GuestMemory {
  /** Where pages that were written to are noted, a bit for each 4096 bytes; undefined where nobody asks. Shared with who reads and clears it. */
  log: Uint8Array | undefined = undefined;
  /** By their addresses. */
  readonly #pieces: readonly GuestPiece[];
  /** Where the last address was found: most come from the same piece. */
  #piece: GuestPiece | undefined;

  constructor(pieces: readonly GuestPiece[]) {
    this.#pieces = pieces.filter((piece) => piece.bytes.length > 0).sort((a, b) => a.guest - b.guest);
    this.#piece = this.#pieces[0];
  }

  #find(address: number): GuestPiece | undefined {
    const last = this.#piece;
    if (last !== undefined && address >= last.guest && address - last.guest < last.bytes.length) return last;
    const pieces = this.#pieces;
    let low = 0;
    for (let high = pieces.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (pieces[middle]!.guest <= address) low = middle + 1;
      else high = middle;
    }
    const piece = pieces[low - 1];
    if (piece === undefined || address - piece.guest >= piece.bytes.length) return undefined;
    return (this.#piece = piece);
  }

  /** True where every byte of the range is the guest's. */
  has(address: number, length: number): boolean {
    let at = address;
    for (let left = length; left > 0; ) {
      const piece = this.#find(at);
      if (piece === undefined) return false;
      const part = Math.min(left, piece.bytes.length - (at - piece.guest));
      at += part;
      left -= part;
    }
    return true;
  }

  /** Copies `length` bytes at `address` to `to` from `toAt` on; false where they are not all the guest's: what was copied then means nothing. */
  read(address: number, length: number, to: Uint8Array, toAt: number): boolean {
    let at = address;
    let out = toAt;
    for (let left = length; left > 0; ) {
      const piece = this.#find(at);
      if (piece === undefined) return false;
      const offset = at - piece.guest;
      const part = Math.min(left, piece.bytes.length - offset);
      copyBytes(piece.bytes, offset, to, out, part);
      at += part;
      out += part;
      left -= part;
    }
    return true;
  }

  /** Notes that a range was written to. */
  mark(address: number, length: number): void {
    const log = this.log;
    if (log === undefined || length === 0) return;
    const last = Math.floor((address + length - 1) / PAGE);
    for (let page = Math.floor(address / PAGE); page <= last; page++) {
      const at = Math.floor(page / 8);
      if (at < log.length) Atomics.or(log, at, 1 << (page % 8));
    }
  }

  /** Copies `length` bytes of `from` from `fromAt` on to `address`; false where that is not all the guest's. */
  write(address: number, length: number, from: Uint8Array, fromAt: number): boolean {
    let at = address;
    let source = fromAt;
    if (this.log !== undefined) this.mark(address, length);
    for (let left = length; left > 0; ) {
      const piece = this.#find(at);
      if (piece === undefined) return false;
      const offset = at - piece.guest;
      const part = Math.min(left, piece.bytes.length - offset);
      copyBytes(from, source, piece.bytes, offset, part);
      at += part;
      source += part;
      left -= part;
    }
    return true;
  }
}

function copyBytes(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, length: number): void {
  if (length <= SHORT) for (let i = 0; i < length; i++) to[toAt + i] = from[fromAt + i]!;
  else to.set(new Uint8Array(from.buffer, from.byteOffset + fromAt, length), toAt);
}

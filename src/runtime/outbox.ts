import type { Stream } from "#host/streams.js";

type Piece = string | Uint8Array;

/**
 * What one turn of the event loop sends on a stream, handed over in one piece at its end: a hundred pipelined requests are answered
 * with one system call.
 */
export class Outbox {
  readonly #stream: Stream;
  #pieces: Piece[] = [];
  #size = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Bytes (of ASCII text) that wait for the end of the turn. */
  get size(): number {
    return this.#size;
  }

  push(piece: Piece): void {
    this.#size += piece.length;
    if (this.#pieces.push(piece) > 1) return;
    flushLater(this);
  }

  /** Hands over what waits, now. */
  flush(): void {
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    this.#pieces = [];
    this.#size = 0;
    this.#stream.write(joined(pieces));
  }
}

/** Those that have something to send at the end of the turn. */
let full: Outbox[] = [];

/**
 * All are flushed together behind everything that has come in this turn, on whichever connections: a peer that is woken once finds
 * all there is to be found, and one that is waited for is not woken in between.
 */
function flushLater(outbox: Outbox): void {
  if (full.push(outbox) > 1) return;
  setImmediate(() => {
    const turn = full;
    full = [];
    for (const one of turn) one.flush();
    linger();
  });
}

/**
 * Turns of the event loop that are gone through without sleeping after something was sent, some 30 µs in all (measured on an idle loop): a peer that asks one thing after the other
 * is answered without the time that it takes to be woken, which is as much as all else.
 */
const LINGER = 30;

let turnsLeft = 0;

function linger(): void {
  const isLingering = turnsLeft > 0;
  turnsLeft = LINGER;
  if (!isLingering) setImmediate(nextTurn);
}

function nextTurn(): void {
  if (--turnsLeft > 0) setImmediate(nextTurn);
}

/** What was joined last, since many streams are told the same. */
let last: { readonly pieces: readonly Piece[]; readonly bytes: Uint8Array } | undefined;

function joined(pieces: readonly Piece[]): Piece {
  if (pieces.length === 1) return pieces[0]!;
  if (pieces.every((piece) => typeof piece === "string")) return pieces.join("");
  const same = last?.pieces.length === pieces.length && last.pieces.every((piece, i) => piece === pieces[i]);
  if (same) return last!.bytes;
  const bytes = Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
  last = { pieces, bytes };
  return bytes;
}

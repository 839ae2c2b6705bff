import { u16 } from "#util/big-endian.js";
import { WireError } from "#util/errors.js";
import { HEADER_LENGTH } from "./header.js";

/**
 * Cuts a stream of bytes into OpenFlow messages. `receive` takes whatever came, `next` gives the messages that are whole. What is not whole
 * yet waits; a header that says fewer than 8 bytes ends the stream, since nobody knows where the next message would begin.
 */
export class Framing {
  #chunks: Uint8Array[] = [];
  #buffered = 0;

  /** Bytes that wait for the rest of their message. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Takes bytes; they must not be changed later. */
  receive(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
  }

  /** The next whole message, in memory of its own or of one chunk; undefined where more bytes are needed. Throws `WireError`. */
  next(): Uint8Array | undefined {
    if (this.#buffered < HEADER_LENGTH) return undefined;
    const first = this.#joined(HEADER_LENGTH);
    const length = u16(first, 2);
    if (length < HEADER_LENGTH) throw new WireError(`received too-short ofp_header (${length} bytes)`);
    if (this.#buffered < length) return undefined;
    const whole = this.#joined(length);
    this.#chunks[0] = whole.subarray(length);
    if (whole.length === length) this.#chunks.shift();
    this.#buffered -= length;
    return whole.subarray(0, length);
  }

  /** The first chunk, made to have at least `length` bytes. */
  #joined(length: number): Uint8Array {
    const first = this.#chunks[0]!;
    if (first.length >= length) return first;
    // Only what this message needs is moved, so a long stream of small chunks costs each byte once.
    const joined = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const chunk = this.#chunks.shift()!;
      const part = chunk.subarray(0, length - filled);
      joined.set(part, filled);
      filled += part.length;
      if (part.length < chunk.length) this.#chunks.unshift(chunk.subarray(part.length));
    }
    this.#chunks.unshift(joined);
    return joined;
  }
}

/** What a segment says of its stream. */
export interface Segment {
  /** Names the direction of the connection. */
  readonly stream: string;
  readonly sequence: number;
  /** It begins the stream, wherever one was. */
  readonly begins: boolean;
  /** It ends the stream; upstream takes no data of it. */
  readonly ends: boolean;
  readonly data: Uint8Array;
}

interface Stream {
  next: number;
  pending: Uint8Array;
}

/**
 * Puts streams of TCP together from segments that come in order: what is sent again is passed over, and so is everything behind a gap. A stream
 * whose beginning was not seen begins with its first segment.
 */
export class TcpStreams {
  readonly #streams = new Map<string, Stream>();

  /** Takes a segment; gives all that has come of its stream and was not taken yet. */
  receive({ stream: name, sequence, begins, ends, data }: Segment): Uint8Array {
    if (ends && !begins) {
      this.#streams.delete(name);
      return new Uint8Array();
    }
    let stream = this.#streams.get(name);
    if (begins || stream === undefined) {
      stream = { next: begins ? (sequence + 1) >>> 0 : sequence, pending: new Uint8Array() };
      this.#streams.set(name, stream);
    }
    if (!begins && sequence === stream.next && data.length > 0) {
      stream.next = (sequence + data.length) >>> 0;
      stream.pending = stream.pending.length === 0 ? data : joined(stream.pending, data);
    }
    return stream.pending;
  }

  /** Says how much of a stream was taken. */
  take(name: string, length: number): void {
    const stream = this.#streams.get(name);
    if (stream !== undefined) stream.pending = stream.pending.subarray(length);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

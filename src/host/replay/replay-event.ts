import type { Stream } from "../streams.js";

/** What identifies a stream to the program. */
export interface RecordedStream {
  readonly name: string;
  readonly peerCommonName?: string;
  readonly remoteAddress?: string;
  readonly localAddress?: string;
}

/** Why something failed: errno's name. */
interface RecordedError {
  readonly error: string;
}

/**
 * Something that came to a program from outside, one JSON object a line of a replay file. `at` is in milliseconds since the start;
 * `stream` numbers streams as they came; bytes are in base64.
 */
export type ReplayEvent = { readonly at: number } & (
  | { readonly kind: "start"; readonly wall: number }
  | { readonly kind: "random"; readonly bytes: string }
  | {
      readonly kind: "listen";
      readonly name: string;
      readonly bound: { readonly name: string; readonly port?: number };
    }
  | ({ readonly kind: "listen"; readonly name: string } & RecordedError)
  | { readonly kind: "connect"; readonly name: string; readonly stream: number; readonly as: RecordedStream }
  | ({ readonly kind: "connect"; readonly name: string } & RecordedError)
  | { readonly kind: "accept"; readonly name: string; readonly stream: number; readonly as: RecordedStream }
  | { readonly kind: "data"; readonly stream: number; readonly bytes: string }
  | { readonly kind: "close"; readonly stream: number; readonly error?: string }
);

/** An event as the program's own part of it is known, before its time is. */
export type Untimed<E> = E extends ReplayEvent ? Omit<E, "at"> : never;

export function describeStream(stream: Stream): RecordedStream {
  const { name, peerCommonName, remoteAddress, localAddress } = stream;
  return {
    name,
    ...(peerCommonName === undefined ? {} : { peerCommonName }),
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
    ...(localAddress === undefined ? {} : { localAddress }),
  };
}

/** Where `--record` writes and `--replay` reads: `replay_PROGRAM` in a directory. */
export function replayFile(directory: string, program: string): string {
  return `${directory}/replay_${program}`;
}

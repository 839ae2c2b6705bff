import { put16, put32, u16, u32 } from "#util/big-endian.js";

/** Length of the header that every OpenFlow message begins with. */
export const HEADER_LENGTH = 8;

/** Message types that have one number in every version. */
export const MessageType = { hello: 0, error: 1, echoRequest: 2, echoReply: 3, experimenter: 4 } as const;

/** The header: version:8 | type:8 | length:16 | xid:32. */
export interface Header {
  /** As it is on the wire, known or not. */
  readonly version: number;
  readonly type: number;
  /** Bytes of the message, the header's own included. */
  readonly length: number;
  readonly xid: number;
}

/** The header at `at`; its eight bytes must be there. */
export function readHeader(bytes: Uint8Array, at = 0): Header {
  return { version: bytes[at]!, type: bytes[at + 1]!, length: u16(bytes, at + 2), xid: u32(bytes, at + 4) };
}

/** A message of this header and body; the length follows from the body, which may have 65527 bytes. */
export function makeMessage(version: number, type: number, xid: number, body: Uint8Array): Uint8Array {
  const length = HEADER_LENGTH + body.length;
  if (length > 0xffff) throw new RangeError(`an OpenFlow message cannot have ${length} bytes`);
  const message = new Uint8Array(length);
  message[0] = version;
  message[1] = type;
  put16(message, 2, length);
  put32(message, 4, xid);
  message.set(body, HEADER_LENGTH);
  return message;
}

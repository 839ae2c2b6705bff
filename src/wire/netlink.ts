import { WireError } from "#util/errors.js";

/*
 * Netlink framing (netlink(7), RFC 3549): 16-byte message headers, attributes of type, length and padding to 4 bytes. Numbers are in
 * the machine's byte order, which is little-endian on every machine Weft runs on.
 */

const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP = 0x300;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

const HEADER = 16;
/** Set in an attribute's type where it holds attributes. */
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;

function align4(length: number): number {
  return (length + 3) & ~3;
}

/** One received message; `payload` follows the header. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** Splits what one receive gave into messages. Throws `WireError` where a length lies. */
export function decodeNetlink(bytes: Uint8Array): NetlinkMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER || at + length > bytes.length) throw new WireError(`netlink message of length ${length}`);
    messages.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      payload: bytes.subarray(at + HEADER, at + length),
    });
    at += align4(length);
  }
  return messages;
}

/** The (positive) errno in an NLMSG_ERROR or NLMSG_DONE payload; 0 is success. */
export function netlinkErrno(payload: Uint8Array): number {
  return payload.length < 4 ? 0 : 0 - new DataView(payload.buffer, payload.byteOffset, 4).getInt32(0, true);
}

/** A message's attributes by type; the last wins where one repeats. Throws `WireError` where a length lies. */
export class Attributes {
  readonly #values = new Map<number, Uint8Array>();

  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 4 <= bytes.length; ) {
      const length = view.getUint16(at, true);
      if (length < 4 || at + length > bytes.length) throw new WireError(`netlink attribute of length ${length}`);
      this.#values.set(view.getUint16(at + 2, true) & NLA_TYPE_MASK, bytes.subarray(at + 4, at + length));
      at += align4(length);
    }
  }

  bytes(type: number): Uint8Array | undefined {
    return this.#values.get(type);
  }

  /** A 32-bit number; undefined where it is missing or shorter. */
  u32(type: number): number | undefined {
    const value = this.#values.get(type);
    return value && value.length >= 4 ? new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true) : undefined;
  }

  u8(type: number): number | undefined {
    return this.#values.get(type)?.[0];
  }

  /** Text up to its terminating zero. */
  text(type: number): string | undefined {
    const value = this.#values.get(type);
    if (!value) return undefined;
    const end = value.indexOf(0);
    return new TextDecoder().decode(end < 0 ? value : value.subarray(0, end));
  }

  nested(type: number): Attributes | undefined {
    const value = this.#values.get(type);
    return value && new Attributes(value);
  }
}

/** Builds one request. `sequence` is put in by the sender. */
export class NetlinkRequest {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = HEADER;

  /** Starts a message; `head` is the family's fixed header (ifinfomsg, rtmsg, …). */
  constructor(type: number, flags: number, head: Uint8Array) {
    this.#view.setUint16(4, type, true);
    this.#view.setUint16(6, flags | NLM_F_REQUEST, true);
    this.#append(head);
  }

  #append(bytes: Uint8Array): void {
    const end = this.#length + align4(bytes.length);
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = end;
  }

  bytes(type: number, value: Uint8Array): this {
    const attribute = new Uint8Array(4 + value.length);
    const view = new DataView(attribute.buffer);
    view.setUint16(0, attribute.length, true);
    view.setUint16(2, type, true);
    attribute.set(value, 4);
    this.#append(attribute);
    return this;
  }

  u32(type: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    return this.bytes(type, bytes);
  }

  /** A 32-bit number in network order, as netfilter's attributes are. */
  be32(type: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value);
    return this.bytes(type, bytes);
  }

  /** Text with its terminating zero. */
  text(type: number, value: string): this {
    return this.bytes(type, new TextEncoder().encode(`${value}\0`));
  }

  /** Bytes that are no attribute: a header within a nested attribute. */
  raw(value: Uint8Array): this {
    this.#append(value);
    return this;
  }

  /** An attribute that holds what `fill` adds. */
  nested(type: number, fill: (request: this) => void): this {
    const at = this.#length;
    this.#append(new Uint8Array(4));
    fill(this);
    this.#view.setUint16(at, this.#length - at, true);
    this.#view.setUint16(at + 2, type | NLA_F_NESTED, true);
    return this;
  }

  /** The finished message. */
  encode(sequence: number): Uint8Array {
    this.#view.setUint32(0, this.#length, true);
    this.#view.setUint32(8, sequence, true);
    return this.#bytes.subarray(0, this.#length);
  }
}

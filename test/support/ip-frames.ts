import { put16, put32 } from "#util/big-endian.js";
import { checksum, finishSum, pseudoSum4, pseudoSum6, sumBytes } from "#wire/checksum.js";

const ETHERNET = 14;

function addressOf(last: number): number {
  return (10 << 24) | last;
}

/** An IPv4 frame from 10.0.0.`from` to 10.0.0.`to`. */
export function ipv4(
  from: number,
  to: number,
  protocol: number,
  payload: Uint8Array,
  fragment = 0,
  id = 1,
): Uint8Array {
  const b = new Uint8Array(ETHERNET + 20 + payload.length);
  b.set([0x50, 0x54, 0, 0, 0, 2, 0x50, 0x54, 0, 0, 0, 1, 8, 0, 0x45, 0]);
  put16(b, 16, 20 + payload.length);
  put16(b, 18, id);
  put16(b, 20, fragment);
  b[22] = 64;
  b[23] = protocol;
  put32(b, 26, addressOf(from));
  put32(b, 30, addressOf(to));
  put16(b, 24, checksum(b, 14, 34));
  b.set(payload, 34);
  return b;
}

/** An IPv6 frame from fc00::`from` to fc00::`to`; `extensions` stand before the payload, of which `first` is the first's number. */
export function ipv6(
  from: number,
  to: number,
  protocol: number,
  payload: Uint8Array,
  extensions: Uint8Array = new Uint8Array(),
  first: number = protocol,
): Uint8Array {
  const b = new Uint8Array(ETHERNET + 40 + extensions.length + payload.length);
  b.set([0x50, 0x54, 0, 0, 0, 2, 0x50, 0x54, 0, 0, 0, 1, 0x86, 0xdd, 0x60]);
  put16(b, 18, extensions.length + payload.length);
  b[20] = first;
  b[21] = 64;
  for (const [at, last] of [
    [22, from],
    [38, to],
  ] as const) {
    b[at] = 0xfc;
    b[at + 15] = last;
  }
  b.set(extensions, 54);
  b.set(payload, 54 + extensions.length);
  return b;
}

/** Fills in the checksum at `field` of the transport header. */
function finish(b: Uint8Array, protocol: number, field: number): Uint8Array {
  const isIpv4 = b[12] === 8;
  const l4 = isIpv4 ? 34 : 54;
  const length = b.length - l4;
  const pseudo = protocol === 1 ? 0 : (isIpv4 ? pseudoSum4 : pseudoSum6)(b, ETHERNET, protocol, length);
  put16(b, l4 + field, 0);
  const sum = finishSum(sumBytes(b, l4, b.length, pseudo));
  put16(b, l4 + field, sum === 0 && protocol === 17 ? 0xffff : sum);
  return b;
}

export type Ip = (from: number, to: number, protocol: number, payload: Uint8Array) => Uint8Array;

export interface Segment {
  readonly sequence?: number;
  readonly acknowledgment?: number;
  readonly window?: number;
  /** Window scale option. */
  readonly scale?: number;
  /** Other options, a multiple of four bytes. */
  readonly options?: readonly number[];
  readonly data?: string;
}

/** A TCP frame; `flags` by their letters. */
export function tcp(
  ip: Ip,
  from: number,
  to: number,
  ports: readonly [number, number],
  flags: string,
  s: Segment = {},
): Uint8Array {
  const options = [...(s.scale === undefined ? [] : [2, 4, 5, 0xb4, 1, 3, 3, s.scale]), ...(s.options ?? [])];
  const data = Buffer.from(s.data ?? "", "latin1");
  const b = new Uint8Array(20 + options.length + data.length);
  put16(b, 0, ports[0]);
  put16(b, 2, ports[1]);
  put32(b, 4, s.sequence ?? 0);
  put32(b, 8, s.acknowledgment ?? 0);
  b[12] = (5 + options.length / 4) << 4;
  b[13] = [..."FSRPAU"].reduce((all, letter, bit) => all | (flags.includes(letter) ? 1 << bit : 0), 0);
  put16(b, 14, s.window ?? 65535);
  b.set(options, 20);
  b.set(data, 20 + options.length);
  return finish(ip(from, to, 6, b), 6, 16);
}

/** A UDP frame. */
export function udp(
  ip: Ip,
  from: number,
  to: number,
  ports: readonly [number, number],
  data: Uint8Array | string = "data",
): Uint8Array {
  const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : data;
  const b = new Uint8Array(8 + bytes.length);
  put16(b, 0, ports[0]);
  put16(b, 2, ports[1]);
  put16(b, 4, b.length);
  b.set(bytes, 8);
  return finish(ip(from, to, 17, b), 17, 6);
}

/** An ICMP or ICMPv6 frame: `rest` are the four bytes after the checksum. */
export function icmp(
  ip: Ip,
  from: number,
  to: number,
  type: number,
  code: number,
  rest: number,
  data: Uint8Array,
): Uint8Array {
  const b = new Uint8Array(8 + data.length);
  b[0] = type;
  b[1] = code;
  put32(b, 4, rest);
  b.set(data, 8);
  const protocol = ip === ipv4 ? 1 : 58;
  return finish(ip(from, to, protocol, b), protocol, 2);
}

/** The IP packet of a frame. */
export function packetOf(frame: Uint8Array): Uint8Array {
  return frame.subarray(ETHERNET);
}

/** Cuts an IPv4 frame into fragments of these sizes. */
export function fragmentsOf(frame: Uint8Array, sizes: readonly number[], id: number): Uint8Array[] {
  const payload = frame.subarray(34);
  let at = 0;
  return sizes.map((size) => {
    const piece = payload.subarray(at, at + size);
    const more = at + size < payload.length ? 0x2000 : 0;
    const cut = ipv4(frame[29]!, frame[33]!, frame[23]!, piece, more | (at / 8), id);
    at += size;
    return cut;
  });
}

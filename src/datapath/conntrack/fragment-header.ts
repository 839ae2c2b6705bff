import { put16, put32, u32 } from "#util/big-endian.js";
import { checksum } from "#wire/checksum.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { Frame } from "../userspace/frames/frame.js";
import { L3_IPV4, L3_IPV6 } from "../userspace/frames/layers.js";

/** What a fragment of an IP packet says of itself; offsets within its frame. */
export interface FragmentHeader {
  readonly isIpv4: boolean;
  readonly l3: number;
  /** IPv6: the fragment header, and the byte that names it. */
  readonly extension: number;
  readonly nextHeader: number;
  /** The piece it carries: [begin, end) in the frame, from `offset` on in the whole packet's payload. */
  readonly begin: number;
  readonly end: number;
  readonly offset: number;
  readonly isLast: boolean;
  /** What tells one packet's fragments from another's, besides the addresses. */
  readonly identification: number;
  readonly protocol: number;
}

/** Reads a fragment; undefined where it is none, or malformed. */
export function readFragment(frame: Frame): FragmentHeader | undefined {
  const layers = frame.layers;
  if (!layers.valid) layers.locate(frame);
  const found = layers.kind === L3_IPV4 ? readIpv4(frame) : layers.kind === L3_IPV6 ? readIpv6(frame) : undefined;
  if (found === undefined) return undefined;
  const size = found.end - found.begin;
  if (size <= 0 || found.end > frame.length || found.offset + size > 0xffff) return undefined;
  return !found.isLast && size % 8 !== 0 ? undefined : found;
}

function readIpv4(frame: Frame): FragmentHeader | undefined {
  const l3 = frame.layers.l3;
  const header = (frame.u8(l3) & 15) * 4;
  const bytes = new Uint8Array(l3 + header);
  frame.copyTo(bytes, 0, bytes.length);
  if (checksum(bytes, l3, l3 + header) !== 0) return undefined;
  const word = frame.u16(l3 + 6);
  return {
    isIpv4: true,
    l3,
    extension: -1,
    nextHeader: -1,
    begin: l3 + header,
    end: l3 + frame.u16(l3 + 2),
    offset: (word & 0x1fff) * 8,
    isLast: (word & 0x2000) === 0,
    identification: frame.u16(l3 + 4),
    protocol: frame.u8(l3 + 9),
  };
}

function readIpv6(frame: Frame): FragmentHeader | undefined {
  const l3 = frame.layers.l3;
  let nextHeader = l3 + 6;
  let at = l3 + 40;
  const end = at + frame.u16(l3 + 4);
  for (let i = 0; i < 8 && at + 8 <= Math.min(end, frame.length); i++) {
    const kind = frame.u8(nextHeader);
    if (kind === IpProtocol.fragment) {
      const word = frame.u16(at + 2);
      return {
        isIpv4: false,
        l3,
        extension: at,
        nextHeader,
        begin: at + 8,
        end,
        offset: word & 0xfff8,
        isLast: (word & 1) === 0,
        identification: ((frame.u16(at + 4) << 16) | frame.u16(at + 6)) >>> 0,
        protocol: frame.u8(at),
      };
    }
    if (kind !== 0 && kind !== 43 && kind !== 60) return undefined;
    nextHeader = at;
    at += (frame.u8(at + 1) + 1) * 8;
  }
  return undefined;
}

/** The whole packet behind the headers of its first fragment `data`; `payload` is what all of them carry. */
export function assemble(data: Uint8Array, header: FragmentHeader, payload: Uint8Array): Uint8Array {
  const headers = header.isIpv4 ? header.begin : header.extension;
  const whole = new Uint8Array(headers + payload.length);
  whole.set(data.subarray(0, headers));
  whole.set(payload, headers);
  const l3 = header.l3;
  if (header.isIpv4) {
    put16(whole, l3 + 2, whole.length - l3);
    put16(whole, l3 + 6, 0);
    put16(whole, l3 + 10, 0);
    put16(whole, l3 + 10, checksum(whole, l3, headers));
  } else {
    put16(whole, l3 + 4, whole.length - l3 - 40);
    whole[header.nextHeader] = header.protocol;
  }
  return whole;
}

/** Gives a fragment what became of its part of the whole packet, which was translated meanwhile: addresses and payload. */
export function updateFragment(
  data: Uint8Array,
  header: FragmentHeader,
  whole: Uint8Array,
  first: FragmentHeader,
): void {
  const payload = first.isIpv4 ? first.begin : first.extension;
  const size = header.end - header.begin;
  data.set(whole.subarray(payload + header.offset, payload + header.offset + size), header.begin);
  const l3 = header.l3;
  if (header.isIpv4) {
    put32(data, l3 + 12, u32(whole, first.l3 + 12));
    put32(data, l3 + 16, u32(whole, first.l3 + 16));
    put16(data, l3 + 10, 0);
    put16(data, l3 + 10, checksum(data, l3, header.begin));
    return;
  }
  data.set(whole.subarray(first.l3 + 8, first.l3 + 40), l3 + 8);
}

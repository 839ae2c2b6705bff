import { u16 } from "#util/big-endian.js";

/** Bytes that must be there before any of a header is believed. */
const TCP_HEADER = 20;
export const UDP_HEADER = 8;
export const SCTP_HEADER = 12;
export const ICMP_HEADER = 8;
export const IGMP_HEADER = 8;

/** 0 where a TCP header with its options lies within [at, end); 1 header, 2 data offset. */
export function tcpFault(b: Uint8Array, at: number, end: number): number {
  if (end - at < TCP_HEADER) return 1;
  const length = tcpHeaderLength(b, at);
  return length < TCP_HEADER || length > end - at ? 2 : 0;
}

/** Flags and reserved bits of a TCP header: the low 12 bits of the word that begins with the data offset. */
export function tcpFlags(b: Uint8Array, at: number): number {
  return u16(b, at + 12) & 0x0fff;
}

/** Bytes of a TCP header, options included. */
export function tcpHeaderLength(b: Uint8Array, at: number): number {
  return (b[at + 12]! >>> 4) << 2;
}

/** Names of TCP's flags, from bit 0 up; bits 9 to 11 are reserved. */
export const TCP_FLAG_NAMES: readonly string[] = [
  "fin",
  "syn",
  "rst",
  "psh",
  "ack",
  "urg",
  "ece",
  "cwr",
  "ns",
  "[200]",
  "[400]",
  "[800]",
];

import { put16 } from "#util/big-endian.js";
import { finishSum, foldSum, pseudoSum4, sumBytes } from "#wire/checksum.js";
import { ipv4, tcp } from "./ip-frames.js";

/** A TCP frame with `length` bytes of data, its checksum to be filled in. */
export function tcpFrame(length: number, port = 1000): Uint8Array {
  const bytes = tcp(ipv4, 1, 2, [port, 80], "A", { data: "x".repeat(length) });
  // Then the field holds the sum of the pseudo-header.
  put16(bytes, 50, foldSum(pseudoSum4(bytes, 14, 6, bytes.length - 34)));
  return bytes;
}

/** Whether the TCP checksum of an IPv4 frame is right. */
export function tcpChecksumHolds(data: Uint8Array): boolean {
  return finishSum(sumBytes(data, 34, data.length, pseudoSum4(data, 14, 6, data.length - 34))) === 0;
}

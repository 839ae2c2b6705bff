import { WireError } from "#util/errors.js";

const HEADER = 24;
const RECORD = 16;
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const ETHERNET = 1;
const LINUX_SLL = 113;
const LONGEST = 0xffff;

/** Bytes of a "Linux cooked" header: packet type, hardware type, address's length (16 bits each), address (8 bytes), Ethernet type. */
const SLL = 16;
const SLL_ADDRESS = 6;

/** A frame of a capture file. */
export interface PcapRecord {
  readonly frame: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** Why reading ended before the file did: what upstream logs, and the error it has for it. */
export class PcapError extends WireError {
  override name = "PcapError";
  readonly error: "EPROTO" | "EOF";
  /** A header that is none, which upstream dumps. */
  readonly header: Uint8Array | undefined;
  constructor(error: "EPROTO" | "EOF", message: string, header?: Uint8Array) {
    super(message);
    this.error = error;
    this.header = header;
  }
}

const swapped = (n: number): number =>
  (((n & 0xff) << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24)) >>> 0;

/**
 * The frames of a capture file in libpcap's classic format, of either byte order, with times in micro- or nanoseconds: Ethernet, or "Linux
 * cooked" frames, which get an Ethernet header without a destination. Frames are views of `bytes` where they are as they were. Calling it
 * throws `PcapError` for a file that is none; so does the generator where a record is cut off or is none.
 */
export function readPcap(bytes: Uint8Array): Generator<PcapRecord> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < HEADER) throw new PcapError("EOF", "failed to read pcap header: End of file");
  const magic = view.getUint32(0, true);
  const isSwapped = magic === swapped(MICROSECONDS) || magic === swapped(NANOSECONDS);
  const plain = isSwapped ? swapped(magic) : magic;
  if (plain !== MICROSECONDS && plain !== NANOSECONDS) {
    throw new PcapError(
      "EPROTO",
      `bad magic 0x${magic.toString(16).padStart(8, "0")} reading pcap file ` +
        "(expected 0xa1b2c3d4, 0xa1b23c4d, 0xd4c3b2a1, or 0x4d3cb2a1)",
    );
  }
  const network = view.getUint32(20, !isSwapped);
  if (network !== ETHERNET && network !== LINUX_SLL) {
    throw new PcapError("EPROTO", `unknown network type ${network} reading pcap file`);
  }
  const perMillisecond = plain === NANOSECONDS ? 1_000_000 : 1000;
  return records(view, bytes, network === LINUX_SLL, perMillisecond);
}

function* records(view: DataView, bytes: Uint8Array, isSll: boolean, perMillisecond: number): Generator<PcapRecord> {
  for (let at = HEADER; at + RECORD <= bytes.length; ) {
    // A record shows its byte order by its length.
    const given = view.getUint32(at + 8, true);
    const isLittle = given <= LONGEST;
    const length = isLittle ? given : swapped(given);
    if (length > LONGEST) throw new PcapError("EPROTO", `bad packet length ${length} or ${given} reading pcap file`);
    const time = view.getUint32(at, isLittle) * 1000 + view.getUint32(at + 4, isLittle) / perMillisecond;
    at += RECORD;
    if (at + length > bytes.length) throw new PcapError("EOF", "failed to read pcap packet: End of file");
    const frame = bytes.subarray(at, at + length);
    yield { frame: isSll ? ethernetOf(frame) : frame, time };
    at += length;
  }
}

/** A "Linux cooked" frame as an Ethernet frame. */
function ethernetOf(frame: Uint8Array): Uint8Array {
  if (frame.length < SLL) throw new PcapError("EPROTO", "pcap packet too short for SLL header");
  if (((frame[4]! << 8) | frame[5]!) !== SLL_ADDRESS) {
    throw new PcapError("EPROTO", "bad SLL header", frame.subarray(0, SLL));
  }
  const ethernet = new Uint8Array(frame.length - 2);
  ethernet.set(frame.subarray(6, 6 + SLL_ADDRESS), 6);
  ethernet.set(frame.subarray(SLL - 2), 12);
  return ethernet;
}

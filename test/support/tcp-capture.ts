/** Bytes of headers in each record: the record's own, Ethernet, IPv4, TCP. */
const [RECORD, ETHERNET, IP, TCP] = [16, 14, 20, 20] as const;
const HEADERS: number = RECORD + ETHERNET + IP + TCP;

const SYN = 0x02;
const PSH_ACK = 0x18;

/** A TCP segment between 10.0.0.1 port 40000 and 10.0.0.2 port 6653. */
export interface CapturedSegment {
  readonly sequence: number;
  readonly data?: Uint8Array;
  /** Default: PSH and ACK. */
  readonly flags?: number;
  /** From 10.0.0.2. */
  readonly back?: boolean;
  /** Default: 40000 and 6653. */
  readonly ports?: readonly [source: number, target: number];
  /** Default: TCP. */
  readonly protocol?: number;
  /** Flags and offset of an IP fragment. */
  readonly fragment?: number;
  /** Bytes behind the packet. */
  readonly padding?: number;
}

/** A capture file (pcap, little-endian, microseconds) in which a connection is opened and these bytes are sent, a segment each of at most 65000. */
export function tcpCapture(segments: readonly Uint8Array[]): Buffer {
  let sequence = 1;
  const sent = segments.map((data): CapturedSegment => {
    const made = { sequence, data };
    sequence += data.length;
    return made;
  });
  return segmentCapture([{ sequence: 0, flags: SYN }, ...sent]);
}

/** A capture file of these segments, one a second from 5 seconds past the epoch. */
export function segmentCapture(segments: readonly CapturedSegment[], network = 1): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(0xffff, 16);
  head.writeUInt32LE(network, 20);
  return Buffer.concat([head, ...segments.map((segment, i) => record(segment, 5 + i))]);
}

/** A segment in a frame in a record. */
function record(segment: CapturedSegment, seconds: number): Buffer {
  const { sequence, data = new Uint8Array(), flags = PSH_ACK, back = false, ports = [40000, 6653] } = segment;
  const headers = Buffer.alloc(HEADERS);
  const frame = Buffer.concat([headers, data, Buffer.alloc(segment.padding ?? 0)]);
  frame.writeUInt32LE(seconds, 0);
  frame.writeUInt32LE(6, 4);
  frame.writeUInt32LE(frame.length - RECORD, 8);
  frame.writeUInt32LE(frame.length - RECORD, 12);
  frame.writeUInt16BE(0x0800, 28);
  const ip = RECORD + ETHERNET;
  frame.writeUInt8(0x45, ip);
  frame.writeUInt16BE(IP + TCP + data.length, ip + 2);
  frame.writeUInt16BE(segment.fragment ?? 0, ip + 6);
  frame.writeUInt8(64, ip + 8);
  frame.writeUInt8(segment.protocol ?? 6, ip + 9);
  const addresses = [0x0a000001, 0x0a000002] as const;
  frame.writeUInt32BE(addresses[back ? 1 : 0], ip + 12);
  frame.writeUInt32BE(addresses[back ? 0 : 1], ip + 16);
  const tcp = ip + IP;
  frame.writeUInt16BE(ports[back ? 1 : 0], tcp);
  frame.writeUInt16BE(ports[back ? 0 : 1], tcp + 2);
  frame.writeUInt32BE(sequence >>> 0, tcp + 4);
  frame.writeUInt8(0x50, tcp + 12);
  frame.writeUInt8(flags, tcp + 13);
  frame.writeUInt16BE(0xffff, tcp + 14);
  return frame;
}

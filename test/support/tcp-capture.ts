/** Bytes of headers in each record: the record's own, Ethernet, IPv4, TCP. */
const [RECORD, ETHERNET, IP, TCP] = [16, 14, 20, 20] as const;
const HEADERS: number = RECORD + ETHERNET + IP + TCP;

/**
 * A capture file (pcap, little-endian, microseconds) in which 10.0.0.1 port 40000 connects to 10.0.0.2 port 6653 and sends these bytes, a
 * segment each of at most 65000.
 */
export function tcpCapture(segments: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(0xffff, 16);
  head.writeUInt32LE(1, 20);
  let sequence = 1;
  const frames = segments.map((data) => {
    const made = frame(sequence, 0x18, data);
    sequence += data.length;
    return made;
  });
  return Buffer.concat([head, frame(0, 0x02, new Uint8Array()), ...frames]);
}

/** A TCP segment in a frame in a record. */
function frame(sequence: number, flags: number, data: Uint8Array): Buffer {
  const headers = Buffer.alloc(HEADERS);
  const length = HEADERS - RECORD + data.length;
  headers.writeUInt32LE(length, 8);
  headers.writeUInt32LE(length, 12);
  headers.writeUInt16BE(0x0800, 28);
  const ip = RECORD + ETHERNET;
  headers.writeUInt8(0x45, ip);
  headers.writeUInt16BE(IP + TCP + data.length, ip + 2);
  headers.writeUInt8(64, ip + 8);
  headers.writeUInt8(6, ip + 9);
  headers.writeUInt32BE(0x0a000001, ip + 12);
  headers.writeUInt32BE(0x0a000002, ip + 16);
  const tcp = ip + IP;
  headers.writeUInt16BE(40000, tcp);
  headers.writeUInt16BE(6653, tcp + 2);
  headers.writeUInt32BE(sequence, tcp + 4);
  headers.writeUInt8(0x50, tcp + 12);
  headers.writeUInt8(flags, tcp + 13);
  headers.writeUInt16BE(0xffff, tcp + 14);
  return Buffer.concat([headers, data]);
}

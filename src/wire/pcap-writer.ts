const SNAPLEN = 1518;
const LINKTYPE_ETHERNET = 1;

/** What a capture file begins with: libpcap's classic format, version 2.4, microseconds, little-endian, Ethernet. */
export function pcapHeader(): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAPLEN, true);
  view.setUint32(20, LINKTYPE_ETHERNET, true);
  return bytes;
}

/** A frame as a capture file has it, seen at `time` milliseconds since the epoch. */
export function pcapRecord(frame: Uint8Array, time: number): Uint8Array {
  const record = new Uint8Array(16 + frame.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, Math.floor(time / 1000), true);
  view.setUint32(4, Math.floor((time % 1000) * 1000), true);
  view.setUint32(8, frame.length, true);
  view.setUint32(12, frame.length, true);
  record.set(frame, 16);
  return record;
}

/** The frames of a pcap file (little-endian, as this machine writes it) as hex digits; a half-written last one is left out. */
export function pcapFrames(file: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    if (at + 16 + length > file.length) break;
    frames.push(file.subarray(at + 16, at + 16 + length).toString("hex"));
    at += 16 + length;
  }
  return frames;
}

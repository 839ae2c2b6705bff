import type { AppendFile, Files } from "#host/files.js";

const SNAPLEN = 1518;
const LINKTYPE_ETHERNET = 1;

/** A capture file in libpcap's classic format, version 2.4, microseconds, little-endian. */
export class PcapFile {
  readonly #file: AppendFile;

  /** Makes the file anew. Throws `HostError`. */
  constructor(files: Files, path: string) {
    files.write(path, header());
    this.#file = files.openAppend(path, { create: false, exclusive: false });
  }

  /** Appends a frame, seen at `time` milliseconds since the epoch. */
  write(frame: Uint8Array, time: number): void {
    const record = new Uint8Array(16 + frame.length);
    const view = new DataView(record.buffer);
    view.setUint32(0, Math.floor(time / 1000), true);
    view.setUint32(4, Math.floor((time % 1000) * 1000), true);
    view.setUint32(8, frame.length, true);
    view.setUint32(12, frame.length, true);
    record.set(frame, 16);
    this.#file.append(record);
  }

  close(): void {
    this.#file.close();
  }
}

function header(): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAPLEN, true);
  view.setUint32(20, LINKTYPE_ETHERNET, true);
  return bytes;
}

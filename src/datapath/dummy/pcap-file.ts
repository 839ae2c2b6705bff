import type { AppendFile, Files } from "#host/files.js";
import { pcapHeader, pcapRecord } from "#wire/pcap-writer.js";

/** A capture file in libpcap's classic format. */
export class PcapFile {
  readonly #file: AppendFile;

  /** Makes the file anew. Throws `HostError`. */
  constructor(files: Files, path: string) {
    files.write(path, pcapHeader());
    this.#file = files.openAppend(path, { create: false, exclusive: false });
  }

  /** Appends a frame, seen at `time` milliseconds since the epoch. */
  write(frame: Uint8Array, time: number): void {
    this.#file.append(pcapRecord(frame, time));
  }

  close(): void {
    this.#file.close();
  }
}

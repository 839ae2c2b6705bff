/** A file of an archive; `device` makes it a character device. */
export interface ArchiveEntry {
  readonly path: string;
  /** Type and permissions, as stat(2) has them. */
  readonly mode: number;
  readonly data?: Uint8Array;
  readonly device?: { readonly major: number; readonly minor: number };
}

/** A folder that all may enter. */
export function folder(path: string): ArchiveEntry {
  return { path, mode: 0o40755 };
}

/** A file that all may run. */
export function programFile(path: string, data: Uint8Array): ArchiveEntry {
  return { path, mode: 0o100755, data };
}

/**
 * An archive as the Linux kernel takes it for its first root file system: "newc", see buffer-format.rst (Documentation/driver-api/early-userspace) and
 * cpio(5). Folders come before what is in them.
 */
export function cpioArchive(entries: readonly ArchiveEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const pad = (length: number): void => void parts.push(new Uint8Array(-length & 3));
  for (const [index, entry] of [...entries, { path: "TRAILER!!!", mode: 0 } as ArchiveEntry].entries()) {
    const name = Buffer.from(`${entry.path}\0`);
    const data = entry.data ?? new Uint8Array(0);
    const { major = 0, minor = 0 } = entry.device ?? {};
    // Inode, mode, owner, group, links, time, size, device, device that it is, length of the name, checksum (none).
    const numbers = [index + 1, entry.mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
    const header = Buffer.from(`070701${numbers.map((n) => n.toString(16).padStart(8, "0")).join("")}`);
    parts.push(header, name);
    pad(header.length + name.length);
    parts.push(data);
    pad(data.length);
  }
  return Buffer.concat(parts);
}

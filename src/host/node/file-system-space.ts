import { statfsSync } from "node:fs";

/** Size of the file system at a path, and what of it is in use, in KiB; undefined where it cannot be told, or it has no size. */
export function fileSystemSpace(path: string): { readonly total: number; readonly used: number } | undefined {
  try {
    const { bsize, blocks, bfree } = statfsSync(path);
    const kib = (count: number): number => Math.floor((count * bsize) / 1024);
    return blocks > 0 ? { total: kib(blocks), used: kib(blocks - bfree) } : undefined;
  } catch {
    return undefined;
  }
}

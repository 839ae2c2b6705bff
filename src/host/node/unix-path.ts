import { closeSync, constants, openSync } from "node:fs";
import { basename, dirname } from "node:path";

/** Bytes of sun_path without its terminator. */
export const longestUnixPath = 107;

/**
 * A path by which the kernel takes a unix socket's address: the path itself, or where it is too long one through its
 * directory's descriptor. `release` closes that descriptor, after which the path no longer works. `undefined` where even
 * the file's own name is too long or there is no such directory.
 */
export function socketPath(path: string): { readonly path: string; release(): void } | undefined {
  if (Buffer.byteLength(path) <= longestUnixPath) return { path, release() {} };
  let fd: number;
  try {
    fd = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
  const short = `/proc/self/fd/${fd}/${basename(path)}`;
  if (Buffer.byteLength(short) > longestUnixPath) {
    closeSync(fd);
    return undefined;
  }
  return { path: short, release: () => closeSync(fd) };
}

import { fstatSync } from "node:fs";
import { WireError } from "#util/errors.js";
import { GuestMemory } from "#wire/guest-memory.js";
import type { VhostRegion } from "#wire/vhost-user.js";
import { tryHost } from "../../node/host-error.js";
import * as sys from "../syscalls.js";
import type { MappedRegion } from "./vhost-shared.js";

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const F_ADD_SEALS = 1033;
const F_SEAL_SHRINK = 2;
/** No guest has more; sums of addresses stay exact. */
const HIGHEST = 2 ** 52;
/** The longest region, which a hostile front-end could say of a file with nothing in it: looking at it takes a view for each piece. */
const LONGEST = 2 ** 44;
/** The most that one view of memory spans: an ArrayBuffer of 4 GiB and more is refused by some releases of Node. */
export const VIEW: number = 2 ** 30;

/** A piece of the guest's memory, mapped. `user` is the address that the front-end knows it by. */
export interface Mapping extends MappedRegion {
  readonly user: number;
  unmap(): void;
}

function exact(value: bigint, what: string): number {
  if (value >= BigInt(HIGHEST)) throw new WireError(`memory region with ${what} ${value}`);
  return Number(value);
}

/**
 * Maps a region of the descriptor that came with it, which stays the caller's. Where the kernel can, the memory is kept from shrinking: touching what is no
 * more would end the process. Throws `WireError` for a region that the descriptor does not have, `HostError` where it cannot be mapped.
 */
export function mapRegion(region: VhostRegion, fd: number): Mapping {
  const guest = exact(region.guest, "guest address");
  const size = exact(region.size, "size");
  const user = exact(region.user, "address");
  const offset = exact(region.offset, "offset");
  // First: what is looked at now must hold later.
  sys.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
  const file = tryHost("a guest's memory", () => fstatSync(fd));
  if (size === 0 || size > LONGEST || offset + size > file.size)
    throw new WireError(`memory region of ${size} bytes at ${offset} in a file of ${file.size}`);
  // From the file's start, since an offset would have to be a multiple of its pages, whose size is the file's own.
  const length = Math.ceil((offset + size) / file.blksize) * file.blksize;
  const start = sys.mmap(length, PROT_READ_WRITE, MAP_SHARED, fd, 0);
  if (BigInt.asIntN(64, start) === -1n) throw sys.hostError("mmap of a guest's memory");
  return { guest, size, user, address: Number(start) + offset, unmap: () => void sys.munmap(start, length) };
}

/** A view of mapped regions. It must not be used once they are unmapped. */
export function viewGuest(regions: readonly MappedRegion[]): GuestMemory {
  const pieces = regions.flatMap(({ guest, size, address }) =>
    Array.from({ length: Math.ceil(size / VIEW) }, (_, i) => {
      const length = Math.min(VIEW, size - i * VIEW);
      return { guest: guest + i * VIEW, bytes: viewOf(address + i * VIEW, length) };
    }),
  );
  return new GuestMemory(pieces);
}

/** A view of `length` mapped bytes at an address of this process. */
export function viewOf(address: number, length: number): Uint8Array {
  return new Uint8Array(sys.memoryAt(BigInt(address), length));
}

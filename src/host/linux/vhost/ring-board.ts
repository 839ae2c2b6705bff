import { readlinkSync } from "node:fs";
import { WireError } from "#util/errors.js";
import type { VhostRegion } from "#wire/vhost-user.js";
import { ringPartAlignments, ringPartSizes } from "#wire/virtqueue.js";
import { tryHost } from "../../node/host-error.js";
import * as sys from "../syscalls.js";
import { GuestBell } from "./guest-bell.js";
import { type Mapping, mapRegion, VIEW, viewOf } from "./guest-mapping.js";
import type { RingBoard, RingSettings } from "./vhost-session.js";
import { MAX_RINGS, RingCount, RingState, RingWord, type VhostShared } from "./vhost-shared.js";

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN_EDGE = 0x8000_0001;
const EVENTFD = "anon_inode:[eventfd]";

/** A 64-bit 1, as an eventfd takes it. */
export const ONE: Uint8Array = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);

/** struct epoll_event; what it carries is of no use here. */
function epollEvent(events: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, events, true);
  return bytes;
}

/** Any file but an eventfd might block the thread that asks it something. Throws `WireError`. */
function checkEvent(fd: number, what: string): void {
  if (tryHost(what, () => readlinkSync(`/proc/self/fd/${fd}`)) !== EVENTFD)
    throw new WireError(`${what} descriptor that is no eventfd`);
}

/** The same for a descriptor that has come to stay: it is closed where it may not. */
function admitEvent(fd: number, what: string): number {
  try {
    checkEvent(fd, what);
    return fd;
  } catch (error) {
    sys.close(fd);
    throw error;
  }
}

/** Puts a descriptor into an epoll set: each new event shows once, and the descriptor is never read. */
export function watchDescriptor(epoll: number, fd: number, what: string): void {
  sys.check(sys.epollControl(epoll, EPOLL_CTL_ADD, fd, epollEvent(EPOLLIN_EDGE)), what);
}

/** What a port's session acts upon, for real: maps the guest's memory and tells the forwarding threads of rings, by `shared`. */
export class LinuxRingBoard implements RingBoard {
  readonly #shared: VhostShared;
  #epolls: readonly number[];
  readonly #wake: () => void;
  readonly #onChange: () => void;
  #mappings: Mapping[] = [];
  #log: Mapping | undefined;
  readonly #kicks: number[] = new Array<number>(MAX_RINGS).fill(-1);
  readonly #bell = new GuestBell();
  readonly #errors: number[] = new Array<number>(MAX_RINGS).fill(-1);

  /** Kicks of guests show at `epolls`; `wake` has the forwarding threads look at the rings. */
  constructor(shared: VhostShared, epolls: readonly number[], wake: () => void, onChange: () => void) {
    this.#shared = shared;
    this.#epolls = epolls;
    this.#wake = wake;
    this.#onChange = onChange;
    for (let ring = 0; ring < MAX_RINGS; ring++) this.#words(ring)[RingWord.call] = -1;
  }

  #words(ring: number): Int32Array {
    const at = this.#shared.word(ring);
    return this.#shared.words.subarray(at, at + 16);
  }

  /** Changes a ring's words under its lock. */
  #locked<T>(ring: number, action: (words: Int32Array) => T): T {
    this.#shared.lock(ring);
    try {
      return action(this.#words(ring));
    } finally {
      this.#shared.unlock(ring);
    }
  }

  setMemory(regions: readonly VhostRegion[], descriptors: readonly number[]): void {
    const mapped: Mapping[] = [];
    try {
      for (const [i, region] of regions.entries()) mapped.push(mapRegion(region, descriptors[i]!));
    } catch (error) {
      for (const mapping of mapped) mapping.unmap();
      throw error;
    } finally {
      for (const fd of descriptors) sys.close(fd);
    }
    const old = this.#mappings;
    this.#mappings = mapped;
    this.#shared.exclusively((isSafe) => {
      this.#shared.setRegions(mapped);
      // Where a thread died with a lock, it may still be reading: better to keep the memory than to end the process.
      if (isSafe) for (const mapping of old) mapping.unmap();
    });
  }

  setLog(size: bigint, offset: bigint, descriptor: number): void {
    let log: Mapping | undefined;
    try {
      if (size > BigInt(VIEW)) throw new WireError(`log of ${size} bytes`);
      if (descriptor >= 0) log = mapRegion({ guest: 0n, size, user: 0n, offset }, descriptor);
    } finally {
      if (descriptor >= 0) sys.close(descriptor);
    }
    const old = this.#log;
    this.#log = log;
    this.#shared.exclusively((isSafe) => {
      this.#shared.setLog(log?.address ?? 0, log?.size ?? 0);
      if (isSafe) old?.unmap();
    });
  }

  setFeatures(features: bigint): void {
    this.#shared.features = features;
  }

  /** Where the kicks of a ring show. */
  #epollOf(ring: number): number {
    return this.#epolls[(ring >> 1) % this.#epolls.length]!;
  }

  /** Spreads the kicks over these sets from now on. */
  spread(epolls: readonly number[]): void {
    for (const [ring, kick] of this.#kicks.entries())
      if (kick >= 0) sys.epollControl(this.#epollOf(ring), EPOLL_CTL_DEL, kick, epollEvent(0));
    this.#epolls = epolls;
    for (const [ring, kick] of this.#kicks.entries())
      if (kick >= 0) watchDescriptor(this.#epollOf(ring), kick, "kick descriptor");
  }

  /** Where `length` bytes at the front-end's address are in this process. */
  #place(user: bigint, length: number, alignment: number): number {
    for (const mapping of this.#mappings) {
      const offset = user - BigInt(mapping.user);
      if (offset < 0n || offset + BigInt(length) > BigInt(mapping.size)) continue;
      const address = mapping.address + Number(offset);
      if (address % alignment === 0) return address;
    }
    throw new WireError(`ring part of ${length} bytes at 0x${user.toString(16)}`);
  }

  start(ring: number, settings: RingSettings): void {
    const [descriptorSize, availableSize, usedSize] = ringPartSizes(settings.size);
    const [descriptorAlign, availableAlign, usedAlign] = ringPartAlignments;
    const descriptors = this.#place(settings.descriptors, descriptorSize, descriptorAlign);
    const available = this.#place(settings.available, availableSize, availableAlign);
    const used = this.#place(settings.used, usedSize, usedAlign);
    // Only frames from the guest are waited for: that it has room again is found out by looking.
    if (ring % 2 === 1) {
      checkEvent(settings.kick, "a kick");
      watchDescriptor(this.#epollOf(ring), settings.kick, "kick descriptor");
      this.#kicks[ring] = settings.kick;
    }
    const usedHeader = new Uint16Array(viewOf(used, 4).buffer);
    this.#locked(ring, (words) => {
      const { counts } = this.#shared;
      const at = this.#shared.count(ring);
      counts[at + RingCount.descriptors] = descriptors;
      counts[at + RingCount.available] = available;
      counts[at + RingCount.used] = used;
      counts[at + RingCount.usedLog] = Number(settings.usedLog);
      words[RingWord.size] = settings.size;
      words[RingWord.nextAvailable] = settings.base;
      words[RingWord.nextUsed] = usedHeader[1]!;
      words[RingWord.notified] = usedHeader[1]!;
      words[RingWord.broken] = 0;
      words[RingWord.state] = settings.isEnabled ? RingState.enabled : RingState.disabled;
      words[RingWord.version]!++;
    });
    this.#count();
    this.#wake();
  }

  stop(ring: number): number {
    const kick = this.#kicks[ring]!;
    if (kick >= 0) sys.epollControl(this.#epollOf(ring), EPOLL_CTL_DEL, kick, epollEvent(0));
    this.#kicks[ring] = -1;
    const base = this.#locked(ring, (words) => {
      words[RingWord.state] = RingState.stopped;
      words[RingWord.version]!++;
      // What a forwarding thread has filled in, but not yet shown.
      const used = this.#shared.counts[this.#shared.count(ring) + RingCount.used]!;
      Atomics.store(new Uint16Array(viewOf(used, 4).buffer), 1, words[RingWord.nextUsed]!);
      return words[RingWord.nextAvailable]!;
    });
    this.#count();
    return base;
  }

  setEnabled(ring: number, isEnabled: boolean): void {
    this.#locked(ring, (words) => {
      words[RingWord.state] = isEnabled ? RingState.enabled : RingState.disabled;
    });
    this.#count();
    this.#wake();
  }

  /** Finds out how many rings are served, and how many pairs from the first on frames can be sent to. */
  #count(): void {
    let rings = MAX_RINGS;
    while (rings > 0 && this.#words(rings - 1)[RingWord.state] === RingState.stopped) rings--;
    this.#shared.rings = rings;
    let pairs = 0;
    while (2 * pairs < MAX_RINGS && this.#words(2 * pairs)[RingWord.state] === RingState.enabled) pairs++;
    this.#shared.pairs = pairs;
  }

  setCall(ring: number, fd: number): void {
    if (fd >= 0) admitEvent(fd, "a call");
    const old = this.#locked(ring, (words) => {
      const before = words[RingWord.call]!;
      words[RingWord.call] = fd;
      // The guest may have missed one: it looks, and finds nothing.
      if (fd >= 0 && words[RingWord.state] !== RingState.stopped) this.#bell.ring(fd);
      return before;
    });
    if (old >= 0) sys.close(old);
  }

  setError(ring: number, fd: number): void {
    const old = this.#errors[ring]!;
    if (old >= 0) sys.close(old);
    this.#errors[ring] = -1;
    if (fd >= 0) this.#errors[ring] = admitEvent(fd, "an error");
  }

  /** Tells the front-end of rings that the forwarding threads have found broken; returns which are new. */
  takeBroken(): number[] {
    const broken: number[] = [];
    for (let ring = 0; ring < MAX_RINGS; ring++) {
      if (this.#words(ring)[RingWord.broken] !== 1) continue;
      this.#words(ring)[RingWord.broken] = 2;
      broken.push(ring);
      const fd = this.#errors[ring]!;
      if (fd >= 0) this.#bell.ring(fd);
    }
    return broken;
  }

  /** Sizes of the rings up to the last that is served. */
  sizes(): number[] {
    const sizes: number[] = [];
    for (let ring = 0; ring < MAX_RINGS; ring++) {
      const words = this.#words(ring);
      if (words[RingWord.state] === RingState.stopped) continue;
      while (sizes.length < ring) sizes.push(0);
      sizes.push(words[RingWord.size]!);
    }
    return sizes;
  }

  changed(): void {
    this.#onChange();
  }

  /** No front-end is connected any more. */
  close(): void {
    this.#bell.close();
  }
}

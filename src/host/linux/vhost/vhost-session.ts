import { WireError } from "#util/errors.js";
import {
  decodeVhostMessage,
  encodeEmptyReply,
  encodeVhostReply,
  encodeVringBase,
  featureBits,
  hasFeature,
  VHOST_F_LOG_ALL,
  VHOST_USER_F_PROTOCOL_FEATURES,
  VHOST_USER_PROTOCOL_F_LOG_SHMFD,
  VHOST_USER_PROTOCOL_F_MQ,
  VHOST_USER_PROTOCOL_F_REPLY_ACK,
  VHOST_VRING_F_LOG,
  type VhostHeader,
  type VhostMessage,
  type VhostRegion,
  VIRTIO_F_ANY_LAYOUT,
  VIRTIO_F_EVENT_IDX,
  VIRTIO_F_INDIRECT_DESC,
  VIRTIO_F_VERSION_1,
  VIRTIO_NET_F_CSUM,
  VIRTIO_NET_F_CTRL_RX,
  VIRTIO_NET_F_CTRL_VQ,
  VIRTIO_NET_F_GUEST_ANNOUNCE,
  VIRTIO_NET_F_GUEST_CSUM,
  VIRTIO_NET_F_GUEST_ECN,
  VIRTIO_NET_F_GUEST_TSO4,
  VIRTIO_NET_F_GUEST_TSO6,
  VIRTIO_NET_F_HOST_ECN,
  VIRTIO_NET_F_HOST_TSO4,
  VIRTIO_NET_F_HOST_TSO6,
  VIRTIO_NET_F_MQ,
  VIRTIO_NET_F_MRG_RXBUF,
  VIRTIO_NET_F_STATUS,
} from "#wire/vhost-user.js";
import { MAX_RING_SIZE } from "#wire/virtqueue.js";
import { MAX_PAIRS, MAX_RINGS } from "./vhost-shared.js";

/** What a port offers to any guest. */
const offeredFeatures: bigint = featureBits(
  VIRTIO_NET_F_CSUM,
  VIRTIO_NET_F_GUEST_CSUM,
  VIRTIO_NET_F_GUEST_TSO4,
  VIRTIO_NET_F_GUEST_TSO6,
  VIRTIO_NET_F_GUEST_ECN,
  VIRTIO_NET_F_HOST_TSO4,
  VIRTIO_NET_F_HOST_TSO6,
  VIRTIO_NET_F_HOST_ECN,
  VIRTIO_NET_F_MRG_RXBUF,
  // The control queue, with what depends on it, is the front-end's own business.
  VIRTIO_NET_F_STATUS,
  VIRTIO_NET_F_CTRL_VQ,
  VIRTIO_NET_F_CTRL_RX,
  VIRTIO_NET_F_GUEST_ANNOUNCE,
  VIRTIO_NET_F_MQ,
  VHOST_F_LOG_ALL,
  VIRTIO_F_ANY_LAYOUT,
  VIRTIO_F_INDIRECT_DESC,
  VIRTIO_F_EVENT_IDX,
  VHOST_USER_F_PROTOCOL_FEATURES,
  VIRTIO_F_VERSION_1,
);

const offeredProtocolFeatures: bigint = featureBits(
  VHOST_USER_PROTOCOL_F_MQ,
  VHOST_USER_PROTOCOL_F_LOG_SHMFD,
  VHOST_USER_PROTOCOL_F_REPLY_ACK,
);

/** A ring as the front-end describes it; addresses are the front-end's own. */
export interface RingSettings {
  readonly size: number;
  readonly base: number;
  readonly descriptors: bigint;
  readonly used: bigint;
  readonly available: bigint;
  /** The guest's address of the used ring, where writes to it are logged; else -1. */
  readonly usedLog: bigint;
  readonly kick: number;
  readonly isEnabled: boolean;
}

/** What a session acts upon: the port's memory and rings. Descriptors that are passed in become its own. */
export interface RingBoard {
  /** Exchanges the guest's memory; no ring runs meanwhile. Throws `WireError` or `HostError`. */
  setMemory(regions: readonly VhostRegion[], descriptors: readonly number[]): void;
  setFeatures(features: bigint): void;
  /** Exchanges the log; without a descriptor there is none. No ring runs meanwhile. Throws as `setMemory`. */
  setLog(size: bigint, offset: bigint, descriptor: number): void;
  /** Serves a ring. Throws `WireError` where it is not in the guest's memory. */
  start(ring: number, settings: RingSettings): void;
  /** Serves it no more, and says which available buffer would be next. Nothing touches it once this returns. */
  stop(ring: number): number;
  setEnabled(ring: number, isEnabled: boolean): void;
  /** Descriptors to notify the guest and the front-end by, -1 for none. The old ones are closed. */
  setCall(ring: number, fd: number): void;
  setError(ring: number, fd: number): void;
  /** Something has changed that a status shows. */
  changed(): void;
}

interface Ring {
  size: number;
  base: number;
  addresses: Pick<RingSettings, "descriptors" | "used" | "available" | "usedLog"> | undefined;
  kick: number;
  isEnabled: boolean;
  runs: boolean;
}

function newRing(): Ring {
  return { size: 0, base: 0, addresses: undefined, kick: -1, isEnabled: false, runs: false };
}

type RingMessage = Extract<VhostMessage, { readonly ring: number }>;

/**
 * One connection of a front-end: what it has said so far, and what follows for the port's rings. A ring is served once it has a size, addresses and a
 * descriptor for kicks, until GET_VRING_BASE or the connection's end.
 */
export class VhostSession {
  readonly #board: RingBoard;
  readonly #close: (fd: number) => void;
  readonly #rings: Ring[] = Array.from({ length: MAX_RINGS }, newRing);
  #features = 0n;
  #protocolFeatures = 0n;
  #hasMemory = false;

  /** `close` closes descriptors that nobody needs. */
  constructor(board: RingBoard, close: (fd: number) => void) {
    this.#board = board;
    this.#close = close;
  }

  /**
   * Obeys a message; returns the reply where there is one. Throws `WireError` for one that cannot be obeyed, and what the board throws: the
   * connection is to be ended then. A request that is not known is refused where an answer was asked for.
   */
  receive(header: VhostHeader, payload: Uint8Array, descriptors: readonly number[]): Uint8Array | undefined {
    const left = new Set(descriptors);
    try {
      const message = decodeVhostMessage(header.request, payload);
      const acknowledges = header.needsReply && hasFeature(this.#protocolFeatures, VHOST_USER_PROTOCOL_F_REPLY_ACK);
      if (message.kind === "unknown") {
        if (acknowledges) return encodeVhostReply(header.request, 1n);
        throw new WireError(`vhost-user request ${message.request}`);
      }
      const reply = this.#obey(message, header.request, left);
      return reply ?? (acknowledges ? encodeVhostReply(header.request, 0n) : undefined);
    } finally {
      for (const fd of left) this.#close(fd);
    }
  }

  #obey(
    message: Exclude<VhostMessage, { kind: "unknown" }>,
    request: number,
    left: Set<number>,
  ): Uint8Array | undefined {
    switch (message.kind) {
      case "GET_FEATURES":
        return encodeVhostReply(request, offeredFeatures);
      case "GET_PROTOCOL_FEATURES":
        return encodeVhostReply(request, offeredProtocolFeatures);
      case "GET_QUEUE_NUM":
        return encodeVhostReply(request, BigInt(MAX_PAIRS));
      case "SET_FEATURES":
        this.#setFeatures(message.features);
        return undefined;
      case "SET_PROTOCOL_FEATURES":
        if ((message.features & ~offeredProtocolFeatures) !== 0n)
          throw new WireError(`vhost-user protocol features 0x${message.features.toString(16)}`);
        this.#protocolFeatures = message.features;
        return undefined;
      case "SET_OWNER":
        return undefined;
      case "RESET_OWNER":
        this.end();
        return undefined;
      case "SET_MEM_TABLE":
        this.#setMemory(message.regions, left);
        return undefined;
      case "SET_LOG_FD":
        // Who reads the log does so in its own time.
        return undefined;
      case "SET_LOG_BASE":
        this.#setLog(message.size, message.offset, take(left, message.kind));
        return hasFeature(this.#protocolFeatures, VHOST_USER_PROTOCOL_F_LOG_SHMFD)
          ? encodeEmptyReply(request)
          : undefined;
      default:
        return this.#obeyForRing(message, request, left);
    }
  }

  #obeyForRing(message: RingMessage, request: number, left: Set<number>): Uint8Array | undefined {
    const ring = this.#rings[message.ring];
    if (ring === undefined) throw new WireError(`${message.kind} of ring ${message.ring}`);
    switch (message.kind) {
      case "SET_VRING_NUM":
        if (message.value === 0 || message.value > MAX_RING_SIZE || (message.value & (message.value - 1)) !== 0)
          throw new WireError(`ring of ${message.value} descriptors`);
        this.#change(message.ring, () => void (ring.size = message.value));
        return undefined;
      case "SET_VRING_BASE":
        if (message.value > 0xffff) throw new WireError(`ring base ${message.value}`);
        this.#change(message.ring, () => void (ring.base = message.value));
        return undefined;
      case "SET_VRING_ADDR": {
        const { descriptors, used, available, flags, log } = message;
        const usedLog = (flags & VHOST_VRING_F_LOG) !== 0 ? log : -1n;
        this.#change(message.ring, () => void (ring.addresses = { descriptors, used, available, usedLog }));
        return undefined;
      }
      case "GET_VRING_BASE":
        this.#stop(message.ring);
        this.#setKick(ring, -1);
        this.#board.setCall(message.ring, -1);
        this.#board.changed();
        return encodeVringBase(request, message.ring, ring.base);
      case "SET_VRING_ENABLE":
        ring.isEnabled = message.value !== 0;
        if (ring.runs) this.#board.setEnabled(message.ring, ring.isEnabled);
        this.#board.changed();
        return undefined;
      case "SET_VRING_KICK": {
        if (!message.hasDescriptor) throw new WireError("a ring to be polled without kicks");
        const fd = take(left, message.kind);
        this.#change(message.ring, () => this.#setKick(ring, fd));
        return undefined;
      }
      case "SET_VRING_CALL":
        this.#board.setCall(message.ring, message.hasDescriptor ? take(left, message.kind) : -1);
        return undefined;
      case "SET_VRING_ERR":
        this.#board.setError(message.ring, message.hasDescriptor ? take(left, message.kind) : -1);
        return undefined;
    }
  }

  #setFeatures(features: bigint): void {
    if ((features & ~offeredFeatures) !== 0n) throw new WireError(`vhost-user features 0x${features.toString(16)}`);
    const running = this.#stopAll();
    this.#features = features;
    this.#board.setFeatures(features);
    this.#startAll(running);
  }

  #setMemory(regions: readonly VhostRegion[], left: Set<number>): void {
    if (regions.length !== left.size)
      throw new WireError(`SET_MEM_TABLE of ${regions.length} regions with ${left.size} descriptors`);
    const running = this.#stopAll();
    const descriptors = [...left];
    left.clear();
    this.#hasMemory = false;
    this.#board.setMemory(regions, descriptors);
    this.#hasMemory = regions.length > 0;
    this.#startAll(running);
  }

  #setLog(size: bigint, offset: bigint, descriptor: number): void {
    const running = this.#stopAll();
    this.#board.setLog(size, offset, descriptor);
    this.#startAll(running);
  }

  #setKick(ring: Ring, fd: number): void {
    if (ring.kick >= 0) this.#close(ring.kick);
    ring.kick = fd;
  }

  /** Changes a ring that is not served meanwhile. One that was goes on where it was. */
  #change(index: number, change: () => void): void {
    this.#stop(index);
    change();
    this.#start(index);
    this.#board.changed();
  }

  #start(index: number): void {
    const ring = this.#rings[index]!;
    const { size, base, addresses, kick } = ring;
    if (ring.runs || !this.#hasMemory || size === 0 || kick < 0 || addresses === undefined) return;
    // A front-end that knows nothing of enabling means its rings to work (SET_VRING_ENABLE).
    if (!hasFeature(this.#features, VHOST_USER_F_PROTOCOL_FEATURES)) ring.isEnabled = true;
    this.#board.start(index, { size, base, ...addresses, kick, isEnabled: ring.isEnabled });
    ring.runs = true;
  }

  #stop(index: number): void {
    const ring = this.#rings[index]!;
    if (!ring.runs) return;
    ring.runs = false;
    ring.base = this.#board.stop(index);
  }

  #stopAll(): number[] {
    const running = [...this.#rings.keys()].filter((index) => this.#rings[index]!.runs);
    for (const index of running) this.#stop(index);
    return running;
  }

  #startAll(rings: readonly number[]): void {
    for (const index of rings) this.#start(index);
    this.#board.changed();
  }

  /** The front-end has gone: nothing of it is used any more. */
  end(): void {
    this.#stopAll();
    for (const [index, ring] of this.#rings.entries()) {
      this.#setKick(ring, -1);
      this.#board.setCall(index, -1);
      this.#board.setError(index, -1);
      this.#rings[index] = newRing();
    }
    this.#hasMemory = false;
    this.#features = 0n;
    this.#board.setMemory([], []);
    this.#board.setLog(0n, 0n, -1);
    this.#board.changed();
  }
}

function take(left: Set<number>, what: string): number {
  const [fd] = left;
  if (fd === undefined || left.size !== 1) throw new WireError(`${what} with ${left.size} descriptors`);
  left.delete(fd);
  return fd;
}

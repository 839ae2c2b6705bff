import { WireError } from "#util/errors.js";

/*
 * The vhost-user protocol (QEMU documentation, "Vhost-user Protocol"): a front-end (a virtual machine monitor) shares its virtqueues with
 * a back-end (the switch) over a unix socket. Numbers are in the machine's byte order: little-endian on every machine Weft runs on.
 */

/** Length of the header: request, flags, size of the payload; 32 bits each. */
export const VHOST_HEADER = 12;
/** The longest payload of a message that is understood here; nothing longer is waited for. */
const VHOST_MAX_PAYLOAD = 4096;
/** Regions that one message may bring, and descriptors that may come with it. */
const VHOST_MAX_REGIONS = 8;

const VERSION = 1;
const VERSION_MASK = 0x3;
const FLAG_REPLY = 0x4;
const FLAG_NEED_REPLY = 0x8;

/** Feature bits of virtio, virtio-net and vhost-user that the back-end knows (VIRTIO 1.1, 5.1.3 and 6). */
export const VIRTIO_NET_F_CSUM = 0;
export const VIRTIO_NET_F_GUEST_CSUM = 1;
export const VIRTIO_NET_F_GUEST_TSO4 = 7;
export const VIRTIO_NET_F_GUEST_TSO6 = 8;
export const VIRTIO_NET_F_GUEST_ECN = 9;
export const VIRTIO_NET_F_HOST_TSO4 = 11;
export const VIRTIO_NET_F_HOST_TSO6 = 12;
export const VIRTIO_NET_F_HOST_ECN = 13;
export const VIRTIO_NET_F_MRG_RXBUF = 15;
export const VIRTIO_NET_F_STATUS = 16;
export const VIRTIO_NET_F_CTRL_VQ = 17;
export const VIRTIO_NET_F_CTRL_RX = 18;
export const VIRTIO_NET_F_GUEST_ANNOUNCE = 21;
export const VIRTIO_NET_F_MQ = 22;
/** What the device writes is logged, for live migration. */
export const VHOST_F_LOG_ALL = 26;
export const VIRTIO_F_ANY_LAYOUT = 27;
export const VIRTIO_F_INDIRECT_DESC = 28;
export const VIRTIO_F_EVENT_IDX = 29;
export const VHOST_USER_F_PROTOCOL_FEATURES = 30;
export const VIRTIO_F_VERSION_1 = 32;

/** Protocol feature bits. */
export const VHOST_USER_PROTOCOL_F_MQ = 0;
export const VHOST_USER_PROTOCOL_F_LOG_SHMFD = 1;
export const VHOST_USER_PROTOCOL_F_REPLY_ACK = 3;
/** Flag of SET_VRING_ADDR: writes to the used ring are logged. */
export const VHOST_VRING_F_LOG = 1;

/** A set of feature bits. */
export function featureBits(...bits: readonly number[]): bigint {
  return bits.reduce((set, bit) => set | (1n << BigInt(bit)), 0n);
}

/** True where `features` has the bit. */
export function hasFeature(features: bigint, bit: number): boolean {
  return ((features >> BigInt(bit)) & 1n) === 1n;
}

/** Requests by number, as far as they are understood. The rest is answered with an error where an answer is asked for. */
const requestNames = {
  1: "GET_FEATURES",
  2: "SET_FEATURES",
  3: "SET_OWNER",
  4: "RESET_OWNER",
  5: "SET_MEM_TABLE",
  6: "SET_LOG_BASE",
  7: "SET_LOG_FD",
  8: "SET_VRING_NUM",
  9: "SET_VRING_ADDR",
  10: "SET_VRING_BASE",
  11: "GET_VRING_BASE",
  12: "SET_VRING_KICK",
  13: "SET_VRING_CALL",
  14: "SET_VRING_ERR",
  15: "GET_PROTOCOL_FEATURES",
  16: "SET_PROTOCOL_FEATURES",
  17: "GET_QUEUE_NUM",
  18: "SET_VRING_ENABLE",
} as const;

type RequestNumber = keyof typeof requestNames;
type RequestName = (typeof requestNames)[RequestNumber];

const requestNumbers: ReadonlyMap<string, number> = new Map(
  Object.entries(requestNames).map(([number, name]) => [name, Number(number)]),
);

/** A piece of the guest's memory: at `guest` for the guest, at `user` for the front-end, from `offset` on in the descriptor that comes along. */
export interface VhostRegion {
  readonly guest: bigint;
  readonly size: bigint;
  readonly user: bigint;
  readonly offset: bigint;
}

/** A message of the front-end, by kind. */
export type VhostMessage =
  | {
      readonly kind:
        | "GET_FEATURES"
        | "SET_OWNER"
        | "RESET_OWNER"
        | "GET_PROTOCOL_FEATURES"
        | "GET_QUEUE_NUM"
        | "SET_LOG_FD";
    }
  | { readonly kind: "SET_FEATURES" | "SET_PROTOCOL_FEATURES"; readonly features: bigint }
  | { readonly kind: "SET_MEM_TABLE"; readonly regions: readonly VhostRegion[] }
  /** The log: `size` bytes from `offset` on of the descriptor that comes along, a bit for each 4096 bytes of the guest's memory. */
  | { readonly kind: "SET_LOG_BASE"; readonly size: bigint; readonly offset: bigint }
  | {
      readonly kind: "SET_VRING_NUM" | "SET_VRING_BASE" | "GET_VRING_BASE" | "SET_VRING_ENABLE";
      readonly ring: number;
      readonly value: number;
    }
  | {
      readonly kind: "SET_VRING_ADDR";
      readonly ring: number;
      readonly flags: number;
      /** Addresses in the front-end's memory. */
      readonly descriptors: bigint;
      readonly used: bigint;
      readonly available: bigint;
      /** Where writes to the used ring are logged; an address in the guest. */
      readonly log: bigint;
    }
  /** `hasDescriptor` is false where the ring is to be polled, and no descriptor comes along. */
  | {
      readonly kind: "SET_VRING_KICK" | "SET_VRING_CALL" | "SET_VRING_ERR";
      readonly ring: number;
      readonly hasDescriptor: boolean;
    }
  | { readonly kind: "unknown"; readonly request: number };

/** What a message's first twelve bytes say. */
export interface VhostHeader {
  readonly request: number;
  readonly needsReply: boolean;
  /** Bytes that follow. */
  readonly size: number;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads the header of a front-end's message. Throws `WireError` for another version, a reply, or a payload that is too long. */
export function decodeVhostHeader(bytes: Uint8Array): VhostHeader {
  if (bytes.length < VHOST_HEADER) throw new WireError(`vhost-user header of ${bytes.length} bytes`);
  const view = viewOf(bytes);
  const flags = view.getUint32(4, true);
  const size = view.getUint32(8, true);
  if ((flags & VERSION_MASK) !== VERSION) throw new WireError(`vhost-user version ${flags & VERSION_MASK}`);
  if ((flags & FLAG_REPLY) !== 0) throw new WireError("vhost-user reply to nothing");
  if (size > VHOST_MAX_PAYLOAD) throw new WireError(`vhost-user payload of ${size} bytes`);
  return { request: view.getUint32(0, true), needsReply: (flags & FLAG_NEED_REPLY) !== 0, size };
}

/** The payload's length by request; that of SET_MEM_TABLE follows from its count of regions. */
const payloadSizes: Readonly<Record<RequestName, number>> = {
  GET_FEATURES: 0,
  SET_FEATURES: 8,
  SET_OWNER: 0,
  RESET_OWNER: 0,
  SET_MEM_TABLE: -1,
  SET_LOG_BASE: 16,
  SET_LOG_FD: 0,
  SET_VRING_NUM: 8,
  SET_VRING_ADDR: 40,
  SET_VRING_BASE: 8,
  GET_VRING_BASE: 8,
  SET_VRING_KICK: 8,
  SET_VRING_CALL: 8,
  SET_VRING_ERR: 8,
  GET_PROTOCOL_FEATURES: 0,
  SET_PROTOCOL_FEATURES: 8,
  GET_QUEUE_NUM: 0,
  SET_VRING_ENABLE: 8,
};

const RING_MASK = 0xffn;
const NO_DESCRIPTOR = 0x100n;
const REGION = 32;

function decodeRegions(view: DataView): VhostRegion[] {
  const count = view.byteLength >= 8 ? view.getUint32(0, true) : -1;
  if (count < 0 || count > VHOST_MAX_REGIONS || view.byteLength < 8 + count * REGION)
    throw new WireError(`SET_MEM_TABLE of ${view.byteLength} bytes with ${count} regions`);
  return Array.from({ length: count }, (_, i) => {
    const at = 8 + i * REGION;
    return {
      guest: view.getBigUint64(at, true),
      size: view.getBigUint64(at + 8, true),
      user: view.getBigUint64(at + 16, true),
      offset: view.getBigUint64(at + 24, true),
    };
  });
}

/** Reads the payload of a request. A request that is not understood is `unknown`. Throws `WireError`. */
export function decodeVhostMessage(request: number, payload: Uint8Array): VhostMessage {
  const kind: RequestName | undefined = requestNames[request as RequestNumber];
  if (kind === undefined) return { kind: "unknown", request };
  const size = payloadSizes[kind];
  // What has no payload may come with one that says nothing: front-ends send a zero there.
  if (payload.length < size) throw new WireError(`${kind} of ${payload.length} bytes`);
  const view = viewOf(payload);
  switch (kind) {
    case "GET_FEATURES":
    case "SET_OWNER":
    case "RESET_OWNER":
    case "GET_PROTOCOL_FEATURES":
    case "GET_QUEUE_NUM":
    case "SET_LOG_FD":
      return { kind };
    case "SET_LOG_BASE":
      return { kind, size: view.getBigUint64(0, true), offset: view.getBigUint64(8, true) };
    case "SET_FEATURES":
    case "SET_PROTOCOL_FEATURES":
      return { kind, features: view.getBigUint64(0, true) };
    case "SET_MEM_TABLE":
      return { kind, regions: decodeRegions(view) };
    case "SET_VRING_NUM":
    case "SET_VRING_BASE":
    case "GET_VRING_BASE":
    case "SET_VRING_ENABLE":
      return { kind, ring: view.getUint32(0, true), value: view.getUint32(4, true) };
    case "SET_VRING_ADDR":
      return {
        kind,
        ring: view.getUint32(0, true),
        flags: view.getUint32(4, true),
        descriptors: view.getBigUint64(8, true),
        used: view.getBigUint64(16, true),
        available: view.getBigUint64(24, true),
        log: view.getBigUint64(32, true),
      };
    case "SET_VRING_KICK":
    case "SET_VRING_CALL":
    case "SET_VRING_ERR": {
      const value = view.getBigUint64(0, true);
      return { kind, ring: Number(value & RING_MASK), hasDescriptor: (value & NO_DESCRIPTOR) === 0n };
    }
  }
}

function message(request: number, flags: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(VHOST_HEADER + payload.length);
  const view = viewOf(bytes);
  view.setUint32(0, request, true);
  view.setUint32(4, VERSION | flags, true);
  view.setUint32(8, payload.length, true);
  bytes.set(payload, VHOST_HEADER);
  return bytes;
}

function words64(...values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}

function words32(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** The reply to a request: a 64-bit number (features, a count of queues, or an acknowledgement: zero where all went well). */
export function encodeVhostReply(request: number, value: bigint): Uint8Array {
  return message(request, FLAG_REPLY, words64(value));
}

/** A reply that says no more than that there is one. */
export function encodeEmptyReply(request: number): Uint8Array {
  return message(request, FLAG_REPLY, new Uint8Array(0));
}

/** The reply to GET_VRING_BASE. */
export function encodeVringBase(request: number, ring: number, base: number): Uint8Array {
  return message(request, FLAG_REPLY, words32(ring, base));
}

function encodePayload(m: VhostMessage): Uint8Array {
  switch (m.kind) {
    case "SET_FEATURES":
    case "SET_PROTOCOL_FEATURES":
      return words64(m.features);
    case "SET_MEM_TABLE":
      return new Uint8Array(
        BigUint64Array.from([
          BigInt(m.regions.length),
          ...m.regions.flatMap(({ guest, size, user, offset }) => [guest, size, user, offset]),
        ]).buffer,
      );
    case "SET_LOG_BASE":
      return words64(m.size, m.offset);
    case "SET_VRING_NUM":
    case "SET_VRING_BASE":
    case "GET_VRING_BASE":
    case "SET_VRING_ENABLE":
      return words32(m.ring, m.value);
    case "SET_VRING_ADDR": {
      const payload = new Uint8Array(40);
      payload.set(words32(m.ring, m.flags));
      payload.set(words64(m.descriptors, m.used, m.available, m.log), 8);
      return payload;
    }
    case "SET_VRING_KICK":
    case "SET_VRING_CALL":
    case "SET_VRING_ERR":
      return words64(BigInt(m.ring) | (m.hasDescriptor ? 0n : NO_DESCRIPTOR));
    default:
      return new Uint8Array(0);
  }
}

/** A front-end's message; `needsReply` asks for an acknowledgement. */
export function encodeVhostMessage(m: VhostMessage, needsReply = false): Uint8Array {
  const request = m.kind === "unknown" ? m.request : requestNumbers.get(m.kind)!;
  return message(request, needsReply ? FLAG_NEED_REPLY : 0, encodePayload(m));
}

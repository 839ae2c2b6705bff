/** What rtnetlink says of one link. */
export interface LinkInfo {
  readonly ifindex: number;
  readonly name: string;
  /** Link kind (`veth`, `tun`, `bridge`, `dummy`, …), empty for physical devices. */
  readonly kind: string;
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly minMtu: number;
  readonly maxMtu: number;
  /** IFF_* bits. */
  readonly flags: number;
  /** Operational carrier. */
  readonly carrier: boolean;
  /** How often the carrier came or went since the link exists. */
  readonly carrierChanges: number;
  /** ifindex of the master (a Linux bridge, bond), 0 when none. */
  readonly master: number;
  /** What somebody has written down of it; empty where nobody has. */
  readonly alias: string;
  readonly stats: LinkStats;
}

/** What frames that leave by a link without being queued meet. */
export interface DirectWay {
  /** The Ethernet address of the other end, where that lies in another network namespace. It may have changed: the kernel tells of that only there. */
  readonly guest?: Uint8Array;
}

/** Counters in the columns' sense (Interface:statistics). All non-negative integers (doubles exact to 2^53). */
export interface LinkStats {
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly rxErrors: number;
  readonly txErrors: number;
  readonly rxDropped: number;
  readonly txDropped: number;
  readonly multicast: number;
  readonly collisions: number;
  readonly rxLengthErrors: number;
  readonly rxOverErrors: number;
  readonly rxCrcErrors: number;
  readonly rxFrameErrors: number;
  readonly rxFifoErrors: number;
  readonly rxMissedErrors: number;
}

/** What only a network card counts, of a device that is none: not known. */
export const noCardStats: Omit<
  LinkStats,
  "rxPackets" | "txPackets" | "rxBytes" | "txBytes" | "rxErrors" | "txErrors" | "rxDropped" | "txDropped"
> = {
  multicast: -1,
  collisions: -1,
  rxLengthErrors: -1,
  rxOverErrors: -1,
  rxCrcErrors: -1,
  rxFrameErrors: -1,
  rxFifoErrors: -1,
  rxMissedErrors: -1,
};

/** All counters at zero. */
export const noStats: LinkStats = {
  rxPackets: 0,
  txPackets: 0,
  rxBytes: 0,
  txBytes: 0,
  rxErrors: 0,
  txErrors: 0,
  rxDropped: 0,
  txDropped: 0,
  multicast: 0,
  collisions: 0,
  rxLengthErrors: 0,
  rxOverErrors: 0,
  rxCrcErrors: 0,
  rxFrameErrors: 0,
  rxFifoErrors: 0,
  rxMissedErrors: 0,
};

/** An address of a link. */
export interface AddressInfo {
  readonly ifindex: number;
  readonly family: "inet" | "inet6";
  readonly address: Uint8Array;
  readonly prefixLength: number;
}

export interface RouteInfo {
  readonly family: "inet" | "inet6";
  readonly destination: Uint8Array;
  readonly prefixLength: number;
  readonly gateway: Uint8Array | undefined;
  readonly ifindex: number;
  readonly table: number;
  readonly priority: number;
  readonly preferredSource: Uint8Array | undefined;
}

export type LinkEvent =
  | { readonly kind: "link"; readonly link: LinkInfo }
  | { readonly kind: "gone"; readonly ifindex: number; readonly name: string };

/** ethtool's view of a link; `undefined` members are unknown. */
export interface LinkSettings {
  readonly driver: string;
  readonly driverVersion: string;
  readonly firmwareVersion: string;
  /** Bits per second. */
  readonly speed: number | undefined;
  readonly duplex: "full" | "half" | undefined;
  readonly modes: LinkModes | undefined;
}

/** What a link can be, as ethtool has it: numbers of link modes (ETHTOOL_LINK_MODE_*, linux/ethtool.h). */
export interface LinkModes {
  readonly medium: "copper" | "fiber" | undefined;
  /** Speed and duplex are negotiated with the other end. */
  readonly negotiates: boolean;
  readonly supported: readonly number[];
  readonly advertised: readonly number[];
  /** What the other end advertises. */
  readonly peer: readonly number[];
}

/**
 * The host's network devices, through rtnetlink and ioctls. Requests are synchronous (a few microseconds); events come
 * on the event loop. Errors are `HostError` with the kernel's errno. `host/linux` implements it, `host/fake` too.
 */
export interface NetHost {
  links(): LinkInfo[];
  link(name: string): LinkInfo | undefined;
  addresses(): AddressInfo[];
  routes(): RouteInfo[];
  settings(name: string): LinkSettings;
  setUp(name: string, up: boolean): void;
  setMtu(name: string, mtu: number): void;
  setMac(name: string, mac: Uint8Array): void;
  deleteLink(name: string): void;
  /** Calls back for every link that appears, changes or goes, until cancelled. A lost event leads to a full re-read. */
  watch(handler: (event: LinkEvent) => void): { cancel(): void };
  /** Makes a pair of connected devices; with `peerNamespace` (a descriptor of a network namespace) the peer is made there. */
  createVeth(name: string, peer: string, peerNamespace?: number): void;
  /** Has the host's own stack neither speak nor answer on a link that is not for it, as far as settings of the link can, and writes down what it is for. */
  setAside(name: string, alias: string): void;
  /** Where the other end of a veth is now; undefined where that cannot be found, or there is no such link. */
  otherEnd(name: string): MovedDevice | undefined;
  /** How frames may leave by a link without being queued there; undefined where something at its egress may hold them back or is to sum them up, or it is no veth. */
  directWay?(name: string): DirectWay | undefined;
  /**
   * Opens (makes) a TAP device with IFF_NO_PI and IFF_VNET_HDR, non-blocking, every offload on that the kernel takes. The
   * device goes when the source is closed unless `persist`. With more than one of `queues` it has that many receive queues, unless it was
   * there already and is not of that kind: the handle tells.
   */
  openTap(name: string, options: { persist: boolean; queues?: number }): TapSource;
  /**
   * Takes a link's frames: promiscuous, and hidden from the host's own stack until closed. `input` asks for one way of
   * receiving (tests do); by default the best that works.
   */
  capture(name: string, options?: { readonly input?: FrameInput }): CaptureSource;
  /** Takes a link's frames by AF_XDP, in the first mode that works. Throws what the kernel said of the last one. */
  openXdp(name: string, options: XdpOptions): XdpSource;
}

export interface XdpOptions {
  /** Receive queues wanted. */
  readonly queues: number;
  /** Tried in this order. */
  readonly modes: readonly XdpMode[];
  readonly needWakeup: boolean;
}

/** How frames of a captured link come in: a BPF ring buffer fed at tcx ingress, or the AF_PACKET socket itself. */
export type FrameInput = "ring" | "socket";

/** What every frame handle says. */
interface FrameHandleBase {
  readonly name: string;
  readonly ifindex: number;
  /** Largest payload behind the 14-byte Ethernet header, in bytes, when the handle was made; `FrameIo.setMtu` changes it. */
  readonly mtu: number;
  /** Receive queues: numbers from 0 below this. Each is read by one thread at most. */
  readonly queues: number;
}

/** A TAP device. */
export interface TapHandle extends FrameHandleBase {
  readonly kind: "tap";
  /** A descriptor for each queue. */
  readonly fds: readonly number[];
}

/** A link whose frames are taken from the host's stack. */
export interface CaptureHandle extends FrameHandleBase {
  readonly kind: "capture";
  /** Descriptor of the AF_PACKET socket (PACKET_VNET_HDR). */
  readonly fd: number;
  readonly input: FrameInput;
  /** Where it is hidden by tcx: descriptors of the BPF link at its ingress and of the program that drops; else -1. */
  readonly hideLink: number;
  readonly dropProgram: number;
}

/** A link whose frames come and go by AF_XDP sockets. */
export interface XdpHandle extends FrameHandleBase {
  readonly kind: "xdp";
  /** One for each receive queue. */
  readonly sockets: readonly XdpSocketHandle[];
  readonly mode: XdpMode;
  /** Whether the kernel says when it is to be woken. */
  readonly needWakeup: boolean;
  /** The driver hands on checksums that a sender on the same host has only begun, without saying so. */
  readonly hasPartialChecksums: boolean;
  /** The same link by packet socket: for what AF_XDP cannot send, and threads that read none of its queues. */
  readonly capture: CaptureHandle;
  /** The device has more receive queues than these; what comes by them is taken from `capture`. */
  readonly hasMoreQueues: boolean;
}

/** One AF_XDP socket, bound to a receive queue. */
export interface XdpSocketHandle {
  readonly fd: number;
  /** Its UMEM, and the list of free frames behind it (`XdpQueue`). */
  readonly memory: { readonly address: number; readonly size: number };
}

/** How an AF_XDP port works, from fast to slow. */
export type XdpMode = "native-with-zerocopy" | "native" | "generic";

/** A link of a fake host. */
export interface FakeHandle extends FrameHandleBase {
  readonly kind: "fake";
  readonly fd: number;
}

/** A vhost-user port: rings in a guest's memory. */
interface VhostHandle extends FrameHandleBase {
  readonly kind: "vhost";
  /** What the main thread says of the rings, and the forwarding threads count. */
  readonly shared: SharedArrayBuffer;
  /** An epoll set for each queue, which shows the kicks of its share of the guest's queue pairs, and changes of `shared`. */
  readonly fds: readonly number[];
  /** An eventfd: written to where the guest has put nonsense into a ring. */
  readonly troubleFd: number;
}

/**
 * Where frames go in and out, as plain data: a forwarding thread of the same process attaches it to its `FrameIo`
 * (descriptors are shared by all threads of a process). It stays valid until its `FrameSource` is closed.
 */
export type FrameHandle = TapHandle | CaptureHandle | XdpHandle | FakeHandle | VhostHandle;

/** The owner's side of a frame handle. Detach the handle from its `FrameIo` before closing. */
export interface FrameSource {
  readonly frames: FrameHandle;
  close(): void;
}
/** Making the TAP made the device; `created` is false where a persistent one was there already. */
export interface TapSource extends FrameSource {
  readonly created: boolean;
  /** Closes the source and deletes the device, even a persistent one. */
  remove(): void;
  /** Where the device is when somebody has moved it to another network namespace; undefined where it is not elsewhere. */
  follow(): MovedDevice | undefined;
}
export interface CaptureSource extends FrameSource {
  /** How the link is hidden from the host's stack: `tcx`, `clsact`, `nft`, or `none` with the reason. */
  readonly hidden: { readonly by: "tcx" | "clsact" | "nft" | "none"; readonly reason?: string };
}
export interface XdpSource extends FrameSource {
  readonly mode: XdpMode;
  /** Frames of a larger MTU do not fit into its memory. */
  readonly maxMtu: number;
  /** Modes that did not work, and why. */
  readonly refused: readonly { readonly mode: XdpMode; readonly reason: string }[];
  /** What each socket has counted. */
  statistics(): XdpStatistics[];
}
/** struct xdp_statistics, as far as all kernels have it. */
export interface XdpStatistics {
  readonly rxDropped: number;
  readonly rxInvalidDescriptors: number;
  readonly txInvalidDescriptors: number;
}
/** A device where it is now, seen from there until closed: mostly in another network namespace. */
export interface MovedDevice {
  readonly net: NetHost;
  readonly name: string;
  close(): void;
}

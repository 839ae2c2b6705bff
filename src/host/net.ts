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
  readonly stats: LinkStats;
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
  /**
   * Opens (makes) a TAP device with IFF_NO_PI and IFF_VNET_HDR, non-blocking, every offload on that the kernel takes. The
   * device goes when the source is closed unless `persist`.
   */
  openTap(name: string, options: { persist: boolean }): TapSource;
  /**
   * Takes a link's frames: promiscuous, and hidden from the host's own stack until closed. `input` asks for one way of
   * receiving (tests do); by default the best that works.
   */
  capture(name: string, options?: { readonly input?: FrameInput }): CaptureSource;
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

/** A link of a fake host. */
export interface FakeHandle extends FrameHandleBase {
  readonly kind: "fake";
  readonly fd: number;
}

/**
 * Where frames go in and out, as plain data: a forwarding thread of the same process attaches it to its `FrameIo`
 * (descriptors are shared by all threads of a process). It stays valid until its `FrameSource` is closed.
 */
export type FrameHandle = TapHandle | CaptureHandle | FakeHandle;

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
/** A device in another network namespace, seen from there until closed. */
export interface MovedDevice {
  readonly net: NetHost;
  readonly name: string;
  close(): void;
}

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
  /**
   * Opens (makes) a TAP device with IFF_NO_PI and IFF_VNET_HDR and returns its descriptors, non-blocking. The device goes
   * when the descriptors are closed unless `persist`.
   */
  openTap(name: string, options: { persist: boolean }): TapHandle;
  /**
   * Binds an AF_PACKET socket with PACKET_VNET_HDR to the link, promiscuous, and hides what arrives on it from the host's
   * own stack until closed.
   */
  capture(name: string): CaptureHandle;
}

/** A descriptor on which frames go in and out, each behind a 10-byte virtio_net_hdr. */
export interface FrameHandle {
  readonly fd: number;
  /** Length of the virtio_net_hdr before every frame; 10 for both kinds. */
  readonly vnetHeaderLength: number;
  close(): void;
}
export interface TapHandle extends FrameHandle {
  readonly name: string;
}
export interface CaptureHandle extends FrameHandle {
  readonly ifindex: number;
  /** How the link is hidden from the host's stack: `tcx`, `clsact`, `nft`, or `none` with the reason. */
  readonly hidden: { readonly by: "tcx" | "clsact" | "nft" | "none"; readonly reason?: string };
}

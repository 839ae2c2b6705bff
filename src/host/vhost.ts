import type { FrameSource, LinkStats } from "./net.js";

/** Which side makes the socket: the switch (`server`), or the virtual machine monitor, to which the switch then connects. */
export type VhostMode = "server" | "client";

/** What a vhost-user port tells of itself. */
export interface VhostStatus {
  readonly isConnected: boolean;
  /** What the guest's driver has agreed to: VIRTIO_NET_F_*, VIRTIO_F_*. */
  readonly features: bigint;
  /** Sizes of the rings in use, in descriptors; 0 where there is a gap. Two for each queue pair. */
  readonly rings: readonly number[];
  /** The guest's driver serves its device: frames can pass. */
  readonly isUp: boolean;
  /** Node of the guest's memory; undefined where that is not known. */
  readonly numa: number | undefined;
}

/** The owner's side of a vhost-user port. */
export interface VhostSource extends FrameSource {
  status(): VhostStatus;
  /** Counted where frames move, from the switch's side. */
  stats(): LinkStats;
  /** Counters that other ports do not have. */
  ownStats(): ReadonlyMap<string, number>;
  /** While it is down, nothing passes. */
  setUp(up: boolean): void;
  /** How often a full queue of the guest is looked at again before frames are dropped. */
  setRetries(retries: number): void;
  /** Calls back when `status` says something else, or `frames` is another: for another number of queues. */
  onChange(handler: () => void): void;
}

/** Ports whose other side is a guest's virtio-net driver, over a unix socket and shared memory. */
export interface VhostHost {
  /**
   * Throws `HostError` where a server cannot listen at `path`. A client connects whenever it can, again and again; one whose path is empty never
   * does.
   */
  openVhost(name: string, path: string, mode: VhostMode): VhostSource;
}

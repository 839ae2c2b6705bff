import type { FlowKey, FlowMask } from "#flow/key.js";
import type { LinkStats } from "#host/net.js";
import type { DatapathAction, UserspaceCookie } from "./actions.js";
import type { ConnectionTracking } from "./conntrack/connection-tracking.js";
import type { Device, DeviceClass } from "./device.js";
import type { DatapathMeters } from "./meters.js";
import type { Packet } from "./packet.js";

/** A port of a datapath. Number 0 is the datapath's own local port (`ovs-netdev`), as upstream. */
export interface DatapathPort {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly device: Device;
}

/** Counters of one flow. `used` is clock milliseconds of the last packet, 0 for never; `tcpFlags` the flags seen, or-ed. */
export interface FlowStats {
  packets: number;
  bytes: number;
  used: number;
  tcpFlags: number;
}

/**
 * A megaflow: packets whose key equals `key` under `mask` get `actions`. `ufid` is 32 hex digits, unique in the datapath. The key
 * is kept as it is given, bits that do not matter too, and shown so: nobody changes it afterwards.
 */
export interface DatapathFlow {
  readonly ufid: string;
  readonly key: FlowKey;
  readonly mask: FlowMask;
  readonly actions: readonly DatapathAction[];
  /** The kernel forwards its packets by itself. */
  readonly isInKernel?: boolean;
}

/**
 * A flow as whoever put it there holds it: what is asked of it, or done to it, takes no search. Its name is made when somebody asks for it.
 */
export interface HeldFlow {
  readonly ufid: string;
  readonly mask: FlowMask;
  readonly actions: readonly DatapathAction[];
  /** False once it is in the datapath no more. */
  readonly isThere: boolean;
  /** Whoever put it there may keep something of its own here. */
  owner: object | undefined;
  /** Writes the key as it was put. */
  readKey(key: FlowKey): FlowKey;
  /** Packets so far, the cheapest question; of a flow that is gone the final number. */
  packets(): number;
  /** Counters now; of a flow that is gone the final ones. */
  stats(): FlowStats;
}

/** A packet no flow matched, or one a flow's `userspace` action sent up. */
export interface Upcall {
  readonly kind: "miss" | "action";
  readonly packet: Packet;
  /** The extracted key, `in_port` being the datapath's port number. The receiver owns it. */
  readonly key: FlowKey;
  readonly cookie: UserspaceCookie | undefined;
}

/** Counters of a whole datapath, as `dpctl/show` prints them. */
export interface DatapathStats {
  readonly hits: number;
  readonly misses: number;
  /** Upcalls that could not be queued. */
  readonly lost: number;
  readonly flows: number;
  readonly masks: number;
  readonly maskHits: number;
  readonly cacheHits: number;
}

/**
 * An engine's switch: ports, flows, packets. Small and versionless, the same for every engine; `test/contract/datapath.ts` is
 * its law. Calls are synchronous and take effect in order; an engine whose forwarding runs elsewhere (a worker, the
 * kernel) posts them. Statistics may lag by the packets in flight and are never lost: `deleteFlow` gives the final count.
 */
export interface Datapath {
  /** `netdev`, `system`, `dummy`. */
  readonly type: string;
  /** `ovs-netdev`, `ovs-system`, or a name given to `dpctl/add-dp`. */
  readonly name: string;
  readonly meters: DatapathMeters;
  readonly conntrack: ConnectionTracking;
  addPort(device: Device, requested?: number): number;
  removePort(number: number): void;
  port(number: number): DatapathPort | undefined;
  portByName(name: string): DatapathPort | undefined;
  ports(): Iterable<DatapathPort>;
  portStats(number: number): LinkStats;
  /**
   * Installs, or replaces the actions of, the flow of this ufid; counters of a replaced flow go on. Throws `UserError` for an
   * action the engine does not have, `HostError` EEXIST where a flow of another ufid has the same key and mask.
   */
  putFlow(flow: DatapathFlow): void;
  /**
   * The mask to install a flow of this key under, so that the cost of lookups stays bounded: `mask` itself, or where packets of the key's port are told apart in very many ways
   * already, one that covers it. Not to be changed.
   */
  boundedMask(key: FlowKey, mask: FlowMask): FlowMask;
  /**
   * As `putFlow`, of a flow without a name. Where one of this key and mask is there that has an `owner`, it is left as it is and returned; HostError EEXIST where
   * it has none.
   */
  install(key: FlowKey, mask: FlowMask, actions: readonly DatapathAction[]): HeldFlow;
  /** Gives a flow that is there other actions; throws `UserError` as `putFlow`, HostError ENOENT where it is gone. */
  replace(flow: HeldFlow, actions: readonly DatapathAction[]): void;
  /** Removes flows; on return their counters are final. Those that are gone already are passed over. */
  removeFlows(flows: readonly HeldFlow[]): void;
  deleteFlow(ufid: string): FlowStats | undefined;
  /** Deletes several at once, which an engine in another thread does far faster than one by one. Results in the order asked. */
  deleteFlows(ufids: readonly string[]): (FlowStats | undefined)[];
  flow(ufid: string): (DatapathFlow & { readonly stats: FlowStats }) | undefined;
  flows(): Iterable<DatapathFlow & { readonly stats: FlowStats }>;
  /** As `flows`, but what each step gives, and its key, is true only until the next one, which costs less. */
  passingFlows?(): Iterable<DatapathFlow & { readonly stats: FlowStats }>;
  flush(): void;
  /** Runs actions on a packet as if a flow had matched it. */
  execute(packet: Packet, key: FlowKey, actions: readonly DatapathAction[]): void;
  /** The receiver of upcalls, in batches; at most one. Without one, misses are lost and counted. */
  onUpcall(handler: ((batch: readonly Upcall[]) => void) | undefined): void;
  stats(): DatapathStats;
  /** Drop reasons (`drop-reasons.ts`) and how often each happened, in the whole datapath. */
  drops(): ReadonlyMap<string, number>;
  /** Of these, what a port's own queues lost on the way in or out. */
  portDrops(number: number): ReadonlyMap<string, number>;
  /** Takes Open_vSwitch:other_config, all of it: keys that an engine does not know mean nothing to it. */
  setOptions(options: ReadonlyMap<string, string>): void;
  /** Takes what is said of a port in Interface:options and Interface:other_config, in one map. */
  setPortOptions(number: number, options: ReadonlyMap<string, string>): void;
  /**
   * Takes over the flows that a process before this one has left in the kernel, where that can be: to be asked when the ports are there, which begin to go by
   * this datapath then. They are as they were, with names and counters; nobody owns them yet.
   */
  adopt?(): readonly HeldFlow[];
  /** What the kernel does goes on when this is closed, for the next process to take over. */
  leave?(): void;
  /** Resolves when everything asked so far is in force: what arrives from then on is treated accordingly. */
  settled(): Promise<void>;
  close(): void;
}

/** A kind of engine: makes datapaths of one type and knows which device serves an interface type. */
export interface DatapathClass {
  readonly type: string;
  open(name: string): Datapath;
  /** The device class for an Interface:type (`""` is `system`), or undefined where this engine does not know the type. */
  deviceClass(interfaceType: string): DeviceClass | undefined;
  /** Interface types this engine offers, for Open_vSwitch:iface_types. */
  readonly interfaceTypes: readonly string[];
}

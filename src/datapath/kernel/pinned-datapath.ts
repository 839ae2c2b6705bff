import type { LinkStats } from "#host/net.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { ConnectionTracking } from "../conntrack/connection-tracking.js";
import type { Datapath, DatapathFlow, DatapathPort, DatapathStats, FlowStats, HeldFlow } from "../datapath.js";
import type { Device, DeviceInfo } from "../device.js";
import type { DatapathMeters } from "../meters.js";
import type { DescribedPort } from "./description.js";
import type { LeftDatapath, LeftFlow } from "./left-datapath.js";

/** What is asked of the host about a device. */
export type PortStats = (name: string) => LinkStats;

/**
 * A datapath that is looked at from beside its daemon, or after it, by its pinned maps: ports, flows and counters are as they are now. Flows can be taken out; all else is refused with
 * EOPNOTSUPP. Times are CLOCK_MONOTONIC's.
 */
export class PinnedDatapath implements Datapath {
  readonly type = "system";
  readonly name: string;
  readonly #left: LeftDatapath;
  readonly #portStats: PortStats;
  readonly #ports: ReadonlyMap<number, DatapathPort>;

  constructor(name: string, left: LeftDatapath, portStats: PortStats) {
    this.name = name;
    this.#left = left;
    this.#portStats = portStats;
    this.#ports = new Map(
      left.description.ports.map((port) => [port.number, { ...port, device: new PinnedDevice(port, portStats) }]),
    );
  }

  get meters(): DatapathMeters {
    return refuse("meters");
  }

  get conntrack(): ConnectionTracking {
    return refuse("connections");
  }

  port(number: number): DatapathPort | undefined {
    return this.#ports.get(number);
  }

  portByName(name: string): DatapathPort | undefined {
    return [...this.#ports.values()].find((port) => port.name === name);
  }

  ports(): Iterable<DatapathPort> {
    return [...this.#ports.values()].sort((a, b) => a.number - b.number);
  }

  portStats(number: number): LinkStats {
    return this.#portStats(this.#ports.get(number)?.name ?? "");
  }

  flow(ufid: string): (DatapathFlow & { readonly stats: FlowStats }) | undefined {
    const flow = this.#find(ufid);
    return flow && this.#shown(flow);
  }

  *flows(): Iterable<DatapathFlow & { readonly stats: FlowStats }> {
    for (const flow of this.#left.flows()) yield this.#shown(flow);
  }

  deleteFlow(ufid: string): FlowStats | undefined {
    const flow = this.#find(ufid);
    if (flow === undefined) return undefined;
    this.#left.deleteFlow(flow);
    return this.#left.counted(flow);
  }

  deleteFlows(ufids: readonly string[]): (FlowStats | undefined)[] {
    return ufids.map((ufid) => this.deleteFlow(ufid));
  }

  flush(): void {
    for (const flow of [...this.#left.flows()]) this.#left.deleteFlow(flow);
  }

  stats(): DatapathStats {
    const flows = [...this.#left.flows()];
    return {
      ...this.#left.lookups(),
      flows: flows.length,
      masks: new Set(flows.map(({ mask }) => mask.join())).size,
      maskHits: this.#left.masksTried(),
      cacheHits: 0,
    };
  }

  drops(): ReadonlyMap<string, number> {
    return new Map();
  }

  portDrops(): ReadonlyMap<string, number> {
    return new Map();
  }

  addPort(): number {
    return refuse("adding a port");
  }

  removePort(): void {
    refuse("removing a port");
  }

  putFlow(): void {
    refuse("putting a flow");
  }

  boundedMask(): never {
    return refuse("putting a flow");
  }

  install(): HeldFlow {
    return refuse("putting a flow");
  }

  replace(): void {
    refuse("changing a flow");
  }

  removeFlows(): void {
    refuse("removing flows");
  }

  execute(): void {
    refuse("sending a packet");
  }

  onUpcall(): void {
    refuse("taking packets up");
  }

  setOptions(): void {
    refuse("setting options");
  }

  setPortOptions(): void {
    refuse("setting options");
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#left.close();
  }

  #find(ufid: string): LeftFlow | undefined {
    for (const flow of this.#left.flows()) if (flow.ufid === ufid) return flow;
    return undefined;
  }

  #shown(flow: LeftFlow): DatapathFlow & { readonly stats: FlowStats } {
    const { ufid, key, mask, actions } = flow;
    return { ufid, key, mask, actions, stats: this.#left.counted(flow), isInKernel: true };
  }
}

/** A port's device, of which only the name and what the host counts are known. */
class PinnedDevice implements Device {
  readonly name: string;
  readonly type: string;
  readonly #stats: PortStats;

  constructor({ name, type }: DescribedPort, stats: PortStats) {
    this.name = name;
    this.type = type;
    this.#stats = stats;
  }

  info(): DeviceInfo {
    return refuse("a device's state");
  }

  stats(): LinkStats {
    return this.#stats(this.name);
  }

  setMac(): void {
    refuse("setting a device");
  }

  setMtu(): void {
    refuse("setting a device");
  }

  setUp(): void {
    refuse("setting a device");
  }

  setOptions(): void {
    refuse("setting a device");
  }

  options(): ReadonlyMap<string, string> {
    return new Map();
  }

  onChange(): void {}

  onGone(): void {}

  close(): void {}
}

function refuse(tried: string): never {
  throw new HostError(`${tried} without a daemon`, "EOPNOTSUPP", errnoNumber("EOPNOTSUPP"), errnoText("EOPNOTSUPP"));
}

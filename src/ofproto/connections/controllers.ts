import { resolveStreamName } from "#runtime/dirs.js";
import { allVersions, openFlowPort } from "#runtime/openflow-connection.js";
import type { Cancel } from "#util/clock.js";
import type { Bridge } from "../bridge.js";
import { bogusPacketIn } from "./bogus-packet.js";
import { FailOpen } from "./fail-open.js";
import { InBand, remoteOfTarget } from "./in-band.js";
import type { Outside } from "./outside.js";
import { Remote, type RemoteEvents, type RemoteSettings } from "./remote.js";
import { Service } from "./service.js";
import {
  type ConnectionsSettings,
  type ControllerSettings,
  type ControllerStatus,
  isActiveTarget,
} from "./settings.js";
import { Snoop } from "./snoop.js";

/** How often controllers' health and in-band rules are looked at, in milliseconds. */
const TICK = 1000;
/** Ticks between packets that make a controller show whether it takes charge. */
const BOGUS_TICKS = 2;
/** The port of OVSDB, for managers. */
const OVSDB_PORT = 6640;

/** 127.0.0.1: a manager on this host is not reached through a bridge. */
const LOOPBACK = 0x7f000001;

/** How the bridge's own listener treats its peers. */
const management: RemoteSettings = {
  type: "service",
  maxBackoff: 0,
  probeInterval: 60_000,
  asyncMessages: true,
  rateLimit: 0,
  burstLimit: 0,
  queueSize: 100,
};

type Configured = { settings: ControllerSettings } & (
  | { readonly remote: Remote; readonly service: undefined }
  | { readonly remote: undefined; readonly service: Service }
);

/** Everybody a bridge speaks to: controllers by their targets, those who came by its listeners, and who looks on. */
export class Controllers {
  readonly #bridge: Bridge;
  readonly #outside: Outside;
  readonly #changed: () => void;
  readonly #byTarget = new Map<string, Configured>();
  readonly #snoop: Snoop;
  readonly #failOpen: FailOpen;
  readonly #inBand: InBand;
  #management: Service | undefined;
  #settings: ConnectionsSettings = {
    controllers: [],
    versions: allVersions,
    inBandTargets: [],
    disableInBand: false,
    inBandQueue: undefined,
    queueSize: management.queueSize,
  };
  #timer: Cancel | undefined;
  #ticks = 0;

  /** `changed` is called when somebody has come or gone. */
  constructor(bridge: Bridge, outside: Outside, changed: () => void) {
    this.#bridge = bridge;
    this.#outside = outside;
    this.#changed = changed;
    this.#snoop = new Snoop(outside, bridge.name, () => this.#chief());
    this.#failOpen = new FailOpen(
      bridge,
      { silentFor: () => this.#silentFor(), patience: () => this.#patience() },
      outside.log.module("fail_open"),
    );
    this.#inBand = new InBand(bridge, outside.host.files, outside.log.module("in_band"));
  }

  /** Everybody, connected or not. */
  *remotes(): Generator<Remote> {
    for (const { remote, service } of this.#byTarget.values()) {
      if (remote) yield remote;
      else yield* service.remotes;
    }
    if (this.#management) yield* this.#management.remotes;
  }

  /** Resolves when listeners that were asked for listen, or have failed. */
  async settled(): Promise<void> {
    const services = [this.#management, ...[...this.#byTarget.values()].map(({ service }) => service)];
    await Promise.all([this.#snoop, ...services].map((listener) => listener?.started));
  }

  configure(settings: ConnectionsSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    const log = this.#outside.log.module("connmgr");
    const again = settings.versions !== before.versions;
    if (again || !this.#management) {
      if (this.#management) log.info(this.#reinitializing(this.#managementTarget));
      this.#management?.close();
      this.#management = this.#listenForManagement();
    } else if (settings.queueSize !== before.queueSize) {
      this.#management.configure({ ...management, queueSize: settings.queueSize });
    }
    const gone = new Map(this.#byTarget);
    for (const controller of settings.controllers) {
      const { target } = controller;
      if (isActiveTarget(target) === undefined) {
        log.warn(`${this.#bridge.name}: unsupported controller "${target}"`);
        continue;
      }
      const known = this.#byTarget.get(target);
      gone.delete(target);
      if (known && !again) {
        known.settings = controller;
        (known.remote ?? known.service).configure(controller);
        continue;
      }
      if (known) {
        log.info(this.#reinitializing(target));
        (known.remote ?? known.service).close();
      }
      const added = this.#add(controller);
      this.#byTarget.set(target, added);
      const told = (): void => log.info(`${this.#bridge.name}: added ${controller.type} controller "${target}"`);
      if (added.remote) told();
      else void added.service.started.then((isListening) => isListening && told());
    }
    for (const [target, { settings: was, remote, service }] of gone) {
      this.#byTarget.delete(target);
      const isThere = remote !== undefined || service.isListening;
      (remote ?? service).close();
      if (isThere) log.info(`${this.#bridge.name}: removed ${was.type} controller "${target}"`);
    }
    this.#changed();
    this.failModeChanged();
    this.#configureInBand();
  }

  /** The bridge's fail mode, or whether it has primary controllers, is another. */
  failModeChanged(): void {
    const { failMode } = this.#bridge.state.settings;
    this.#failOpen.enable(failMode === "standalone" && this.#primaries().length > 0);
    this.#schedule();
  }

  /** By target. Of controllers that connect to us nothing is known. */
  status(): ReadonlyMap<string, ControllerStatus> {
    const all = [...this.#byTarget].map(([target, { remote }]): [string, ControllerStatus] => [
      target,
      remote?.status() ?? { isConnected: false, role: undefined, status: {} },
    ]);
    return new Map(all);
  }

  reconnect(): void {
    for (const remote of [...this.remotes()]) remote.reconnect();
  }

  close(): void {
    this.#timer?.cancel();
    this.#snoop.close();
    this.#management?.close();
    for (const { remote, service } of this.#byTarget.values()) (remote ?? service).close();
    this.#byTarget.clear();
  }

  #add(settings: ControllerSettings): Configured {
    const { versions } = this.#settings;
    const target = resolveStreamName(settings.target, this.#outside.runDirectory);
    if (isActiveTarget(target) === false) {
      const service = new Service(this.#bridge, this.#outside, target, settings, versions, this.#events);
      return { settings, remote: undefined, service };
    }
    const remote = new Remote(this.#bridge, this.#outside, target, settings, versions, this.#events);
    return { settings, remote, service: undefined };
  }

  get #events(): RemoteEvents {
    return {
      connected: () => this.#changed(),
      disconnected: () => this.#changed(),
      received: () => {
        if (this.#failOpen.isActive) this.#failOpen.run();
      },
      traffic: (message, remote) => this.#snoop.send(message, remote),
    };
  }

  get #managementTarget(): string {
    return `punix:${this.#outside.runDirectory}/${this.#bridge.name}.mgmt`;
  }

  #listenForManagement(): Service {
    const { versions, queueSize } = this.#settings;
    const target = this.#managementTarget;
    const settings = { ...management, queueSize };
    const service = new Service(this.#bridge, this.#outside, target, settings, versions, this.#events);
    this.#outside.log.module("connmgr").info(`${this.#bridge.name}: added service controller "${target}"`);
    return service;
  }

  #reinitializing(target: string): string {
    return `${this.#bridge.name}: Changes to controller "${target}" expects re-initialization: Re-initializing now.`;
  }

  #primaries(): Remote[] {
    return [...this.#byTarget.values()].flatMap(({ remote, settings }) =>
      remote && settings.type === "primary" ? [remote] : [],
    );
  }

  /** Whose talk those who look on are interested in. */
  #chief(): Remote | undefined {
    const all = [...this.remotes()].filter((remote) => remote.isPrimary);
    return all.find(({ connection }) => connection?.role === "primary") ?? all[0];
  }

  #silentFor(): number {
    const all = this.#primaries().map((remote) => remote.silentFor);
    return all.length === 0 ? 0 : Math.min(...all);
  }

  #patience(): number | undefined {
    const probes = [...this.#byTarget.values()].map(({ settings }) =>
      settings.type === "primary" ? Math.floor(settings.probeInterval / 1000) : 0,
    );
    const longest = Math.max(0, ...probes);
    return longest === 0 ? undefined : 3 * longest;
  }

  #configureInBand(): void {
    const { disableInBand, inBandQueue, inBandTargets, controllers } = this.#settings;
    const own = controllers
      .filter(({ isInBand }) => isInBand)
      .map(({ target }) => remoteOfTarget(target, openFlowPort));
    const managers = inBandTargets
      .map((target) => remoteOfTarget(target, OVSDB_PORT))
      .filter((remote) => remote?.address !== LOOPBACK);
    const remotes = disableInBand ? [] : [...own, ...managers].flatMap((remote) => remote ?? []);
    this.#inBand.configure(remotes, inBandQueue);
    this.#schedule();
  }

  #schedule(): void {
    const isNeeded = this.#inBand.isActive || this.#failOpen.isEnabled;
    if (!isNeeded) {
      this.#timer?.cancel();
      this.#timer = undefined;
    } else {
      this.#timer ??= this.#outside.host.clock.after(TICK, () => {
        this.#timer = undefined;
        this.#tick();
        this.#schedule();
      });
    }
  }

  #tick(): void {
    if (this.#inBand.isActive) this.#inBand.refresh();
    this.#failOpen.run();
    if (!this.#failOpen.isActive || this.#ticks++ % BOGUS_TICKS !== 0) return;
    for (const remote of this.#primaries()) remote.packetIn(bogusPacketIn(this.#outside.host.random(3)));
  }
}

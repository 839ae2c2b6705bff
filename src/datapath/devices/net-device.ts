import type {
  DirectWay,
  FrameHandle,
  FrameSource,
  LinkEvent,
  LinkInfo,
  LinkSettings,
  LinkStats,
  MovedDevice,
  NetHost,
} from "#host/net.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { DeviceInfo } from "../device.js";
import type { FrameDevice } from "./frame-device.js";

const IFF_UP = 0x1;

/** What makes one type of network device different from another. */
export interface NetDeviceKind {
  readonly type: string;
  /** Counters from the switch's point of view, from the host's. */
  readonly stats: (stats: LinkStats) => LinkStats;
  /** Where the device went when its link disappeared from `net`; undefined where it is gone. */
  readonly follow: () => MovedDevice | undefined;
}

/** A port over a link of the host: looked at and set through rtnetlink, its frames through `source`. */
export class NetDevice implements FrameDevice {
  readonly name: string;
  readonly type: string;
  readonly frames: FrameHandle;
  readonly #kind: NetDeviceKind;
  readonly #source: FrameSource;
  #net: NetHost;
  /** The link's name where it is now; another than the port's only after a move. */
  #linkName: string;
  #watch: { cancel(): void };
  #link: LinkInfo;
  #settings: LinkSettings | undefined;
  readonly #firstCarrierChanges: number;
  #options: ReadonlyMap<string, string>;
  readonly #changed: (() => void)[] = [];
  #vanished: () => void = () => undefined;
  #gone = false;
  #place: MovedDevice | undefined;

  /** Takes over `source`. Throws `HostError` `ENODEV` where the link has gone meanwhile. */
  constructor(
    net: NetHost,
    name: string,
    kind: NetDeviceKind,
    source: FrameSource,
    options: ReadonlyMap<string, string>,
  ) {
    this.name = name;
    this.type = kind.type;
    this.frames = source.frames;
    this.#kind = kind;
    this.#source = source;
    this.#net = net;
    this.#linkName = name;
    this.#options = options;
    const found = net.link(name) ?? this.#find();
    if (!found) {
      source.close();
      throw new HostError(name, "ENODEV", errnoNumber("ENODEV"), errnoText("ENODEV"));
    }
    this.#link = found;
    this.#firstCarrierChanges = found.carrierChanges;
    this.#watch = this.#net.watch((event) => this.#onEvent(event));
  }

  info(): DeviceInfo {
    this.#settings ??= this.#net.settings(this.#linkName);
    const { driver, driverVersion, firmwareVersion, speed, duplex, modes } = this.#settings;
    const link = this.#link;
    return {
      mac: link.mac,
      mtu: link.mtu,
      minMtu: link.minMtu,
      maxMtu: link.maxMtu,
      up: !this.#gone && (link.flags & IFF_UP) !== 0,
      carrier: !this.#gone && link.carrier,
      carrierResets: link.carrierChanges - this.#firstCarrierChanges,
      ifindex: link.ifindex,
      speed,
      duplex,
      modes,
      status: new Map([
        ["driver_name", driver],
        ["driver_version", driverVersion],
        ["firmware_version", firmwareVersion],
      ]),
    };
  }

  stats(): LinkStats {
    const link = this.#gone ? undefined : this.#net.link(this.#linkName);
    return this.#kind.stats((link ?? this.#link).stats);
  }

  directWay(): DirectWay | undefined {
    return this.#gone ? undefined : this.#net.directWay?.(this.#linkName);
  }

  setMac(mac: Uint8Array): void {
    this.#net.setMac(this.#linkName, mac);
    this.#reread();
  }

  setMtu(mtu: number): void {
    this.#net.setMtu(this.#linkName, mtu);
    this.#reread();
  }

  setUp(up: boolean): void {
    this.#net.setUp(this.#linkName, up);
    this.#reread();
  }

  setOptions(options: ReadonlyMap<string, string>): void {
    this.#options = options;
  }

  options(): ReadonlyMap<string, string> {
    return this.#options;
  }

  onChange(handler: () => void): void {
    this.#changed.push(handler);
  }

  onGone(handler: () => void): void {
    this.#vanished = handler;
  }

  close(): void {
    this.#watch.cancel();
    this.#place?.close();
    this.#source.close();
  }

  #notify(): void {
    for (const handler of this.#changed) handler();
  }

  /** After a change of ours, so that `info` tells of it before the kernel's event comes. */
  #reread(): void {
    this.#link = this.#net.link(this.#linkName) ?? this.#link;
  }

  #onEvent(event: LinkEvent): void {
    if (this.#gone) return;
    if (event.kind === "link") {
      if (event.link.ifindex !== this.#link.ifindex) return;
      this.#link = event.link;
      this.#settings = undefined;
      this.#notify();
    } else if (event.ifindex === this.#link.ifindex) {
      this.#moveOrVanish();
    }
  }

  #moveOrVanish(): void {
    this.#watch.cancel();
    this.#place?.close();
    const link = this.#find();
    if (!link) {
      this.#gone = true;
      this.#vanished();
      return;
    }
    this.#link = link;
    this.#settings = undefined;
    this.#watch = this.#net.watch((event) => this.#onEvent(event));
    this.#notify();
  }

  /** Looks for the link elsewhere than where it was. */
  #find(): LinkInfo | undefined {
    const place = this.#kind.follow();
    this.#place = place;
    const link = place?.net.link(place.name);
    if (!place || !link) return undefined;
    this.#net = place.net;
    this.#linkName = place.name;
    return link;
  }
}

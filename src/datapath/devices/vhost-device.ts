import type { FrameHandle, LinkStats } from "#host/net.js";
import type { VhostHost, VhostMode, VhostSource } from "#host/vhost.js";
import { HostError, UserError } from "#util/errors.js";
import type { DeviceInfo } from "../device.js";
import type { FrameDevice, FrameDeviceClass } from "./frame-device.js";

const DEFAULT_MTU = 1500;
const MIN_MTU = 68;
const MAX_MTU = 65535;
const DEFAULT_RETRIES = 8;
const MAX_RETRIES = 32;

/** `dpdkvhostuser`: the switch makes the socket. `dpdkvhostuserclient`: it connects to the one that the virtual machine monitor makes. */
export type VhostDeviceType = "dpdkvhostuser" | "dpdkvhostuserclient";

/** The value of `tx-retries-max`; one that is out of range is the default. */
function readRetries(options: ReadonlyMap<string, string>): number {
  const text = options.get("tx-retries-max") ?? "";
  const value = /^\d+$/.test(text) ? Number(text) : DEFAULT_RETRIES;
  return value <= MAX_RETRIES ? value : DEFAULT_RETRIES;
}

/** A port whose other side is the virtio-net driver of a guest. It has no address of its own, and is up while the guest's driver serves it. */
class VhostDevice implements FrameDevice {
  readonly name: string;
  readonly type: VhostDeviceType;
  readonly #source: VhostSource;
  readonly #mode: VhostMode;
  readonly #path: string;
  #options: ReadonlyMap<string, string>;
  #mac: Uint8Array = new Uint8Array(6);
  #mtu = DEFAULT_MTU;
  #up = true;
  #carrier = false;
  #carrierResets = 0;
  readonly #changed: (() => void)[] = [];

  constructor(
    name: string,
    type: VhostDeviceType,
    path: string,
    source: VhostSource,
    options: ReadonlyMap<string, string>,
  ) {
    this.name = name;
    this.type = type;
    this.#source = source;
    this.#mode = type === "dpdkvhostuser" ? "server" : "client";
    this.#path = path;
    this.#options = options;
    this.setOptions(options);
    source.onChange(() => this.#look());
    this.#look();
  }

  /** Another one where the guest uses another number of queue pairs. */
  get frames(): FrameHandle {
    return this.#source.frames;
  }

  #look(): void {
    const carrier = this.#up && this.#source.status().isUp;
    if (carrier !== this.#carrier) this.#carrierResets++;
    this.#carrier = carrier;
    for (const handler of this.#changed) handler();
  }

  info(): DeviceInfo {
    return {
      mac: this.#mac,
      mtu: this.#mtu,
      minMtu: MIN_MTU,
      maxMtu: MAX_MTU,
      up: this.#up,
      carrier: this.#carrier,
      carrierResets: this.#carrierResets,
      ifindex: 0,
      speed: undefined,
      duplex: undefined,
      status: this.#status(),
    };
  }

  #status(): ReadonlyMap<string, string> {
    const { isConnected, features, rings, numa } = this.#source.status();
    const status = new Map([
      ["mode", this.#mode],
      ["status", isConnected ? "connected" : "disconnected"],
    ]);
    if (this.#path !== "") status.set("socket", this.#path);
    if (!isConnected) return status;
    status.set("features", `0x${features.toString(16).padStart(16, "0")}`);
    status.set("num_of_vrings", String(rings.length));
    for (const [ring, size] of rings.entries()) status.set(`vring_${ring}_size`, String(size));
    if (numa !== undefined) status.set("numa", String(numa));
    return status;
  }

  stats(): LinkStats {
    return this.#source.stats();
  }

  ownStats(): ReadonlyMap<string, number> {
    return this.#source.ownStats();
  }

  setMac(mac: Uint8Array): void {
    this.#mac = mac;
  }

  setMtu(mtu: number): void {
    if (mtu < MIN_MTU || mtu > MAX_MTU) throw new HostError(this.name, "EINVAL", 22, "Invalid argument");
    this.#mtu = mtu;
    this.#look();
  }

  setUp(up: boolean): void {
    this.#up = up;
    this.#source.setUp(up);
    this.#look();
  }

  setOptions(options: ReadonlyMap<string, string>): void {
    this.#options = options;
    this.#source.setRetries(this.#mode === "client" ? readRetries(options) : DEFAULT_RETRIES);
  }

  options(): ReadonlyMap<string, string> {
    return this.#options;
  }

  /** The socket is another. */
  mustReopen(options: ReadonlyMap<string, string>): boolean {
    return this.#mode === "client" && (options.get("vhost-server-path") ?? "") !== this.#path;
  }

  onChange(handler: () => void): void {
    this.#changed.push(handler);
  }

  /** A guest may come back at any time: such a device does not vanish. */
  onGone(): void {}

  close(): void {
    this.#source.close();
  }
}

/**
 * `type=dpdkvhostuser` and `type=dpdkvhostuserclient` (ovs-vswitchd.conf.db(5)): vhost-user ports for virtual machines; no DPDK is needed. `socketDirectory` is where the
 * switch makes the sockets of the first. A client without `vhost-server-path` waits for one.
 */
export function vhostDevices(vhost: VhostHost, type: VhostDeviceType, socketDirectory: () => string): FrameDeviceClass {
  return {
    type,
    hasDatapathPort: true,
    open(name, options) {
      const isServer = type === "dpdkvhostuser";
      if (isServer && /[/\\]/.test(name))
        throw new UserError(
          `"${name}" is not a valid name for a vhost-user port. A valid name must not include '/' or '\\'`,
        );
      const path = isServer ? `${socketDirectory()}/${name}` : (options.get("vhost-server-path") ?? "");
      const source = vhost.openVhost(name, path, isServer ? "server" : "client");
      return new VhostDevice(name, type, path, source, options);
    },
  };
}

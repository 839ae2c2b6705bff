import type { Device, DeviceClass, DeviceInfo } from "#datapath/device.js";
import { type LinkStats, noStats } from "#host/net.js";
import { UserError } from "#util/errors.js";

/** One end of a patch between two bridges. Packets never reach it: translation goes on at the other end. */
class PatchDevice implements Device {
  readonly name: string;
  readonly type = "patch";
  #mac: Uint8Array;
  #options: ReadonlyMap<string, string> = new Map();
  readonly #handlers: (() => void)[] = [];

  constructor(name: string, mac: Uint8Array, options: ReadonlyMap<string, string>) {
    this.name = name;
    this.#mac = mac;
    this.setOptions(options);
  }

  info(): DeviceInfo {
    return {
      mac: this.#mac,
      mtu: 0,
      minMtu: 0,
      maxMtu: 0,
      up: true,
      carrier: true,
      carrierResets: 0,
      ifindex: 0,
      speed: undefined,
      duplex: undefined,
      status: new Map(),
    };
  }

  stats(): LinkStats {
    return noStats;
  }

  setMac(mac: Uint8Array): void {
    this.#mac = mac;
    this.#changed();
  }

  setMtu(): void {
    throw new UserError("Operation not supported");
  }

  setUp(): void {}

  setOptions(options: ReadonlyMap<string, string>): void {
    const peer = options.get("peer");
    if (peer === undefined) throw new UserError(`${this.name}: patch type requires valid 'peer' argument`);
    if (options.size > 1) throw new UserError(`${this.name}: patch type takes only a 'peer' argument`);
    if (peer === this.name) throw new UserError(`${this.name}: patch peer must not be self`);
    this.#options = new Map(options);
    this.#changed();
  }

  options(): ReadonlyMap<string, string> {
    return this.#options;
  }

  onChange(handler: () => void): void {
    this.#handlers.push(handler);
  }

  onGone(): void {}

  close(): void {
    this.#handlers.length = 0;
  }

  #changed(): void {
    for (const handler of this.#handlers) handler();
  }
}

/** The device class of patch ports, the same for every engine. Their addresses are made up and count up. */
export function patchClass(): DeviceClass {
  let made = 0;
  return {
    type: "patch",
    hasDatapathPort: false,
    open: (name, options) => {
      made++;
      const mac = Uint8Array.of(0x0a, 0x77, 0x66, 0x74, (made >>> 8) & 0xff, made & 0xff);
      return new PatchDevice(name, mac, options);
    },
  };
}

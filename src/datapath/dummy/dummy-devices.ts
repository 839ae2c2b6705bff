import type { DeviceClass } from "../device.js";
import { DummyDevice, type DummyHost } from "./dummy-device.js";

/** All dummy devices of a process, by name; gives them their addresses and makes their classes. */
export class DummyDevices {
  readonly #host: DummyHost;
  readonly #devices = new Map<string, DummyDevice>();
  #made = 0;

  constructor(host: DummyHost) {
    this.#host = host;
  }

  get(name: string): DummyDevice | undefined {
    return this.#devices.get(name);
  }

  all(): DummyDevice[] {
    return [...this.#devices.values()];
  }

  /** The class of devices that call themselves `type`: `dummy`, `dummy-internal`, or a type that dummies stand in for. */
  class(type: string): DeviceClass {
    return {
      type,
      hasDatapathPort: true,
      open: (name, options) => {
        const device: DummyDevice = new DummyDevice(name, type, this.#made++, this.#host, () => {
          if (this.#devices.get(name) === device) this.#devices.delete(name);
        });
        device.setOptions(options);
        this.#devices.set(name, device);
        return device;
      },
    };
  }
}

import type { VhostHost, VhostMode, VhostSource } from "../../vhost.js";
import { type VhostOutside, VhostPort } from "./vhost-port.js";

/** vhost-user ports of this machine. */
export class LinuxVhostHost implements VhostHost {
  readonly #outside: VhostOutside;

  constructor(outside: VhostOutside) {
    this.#outside = outside;
  }

  openVhost(name: string, path: string, mode: VhostMode): VhostSource {
    return new VhostPort(name, path, mode, this.#outside);
  }
}

import type { OfPort } from "./port.js";
import { PortConfig } from "./port-config.js";
import type { PortSettings } from "./settings.js";

/**
 * A logical port, which learning and flooding know: one OpenFlow port, or several bonded. What NORMAL asks of it about VLANs is in
 * `vlan.ts`.
 */
export class Bundle {
  readonly name: string;
  settings: PortSettings;
  /** `trunks` as a set; undefined for all VLANs. */
  trunks: ReadonlySet<number> | undefined;
  /** `cvlans` as a set; undefined for all VLANs. */
  cvlans: ReadonlySet<number> | undefined;
  /** Members that exist, in the order of the settings. */
  members: readonly OfPort[] = [];

  constructor(settings: PortSettings) {
    this.name = settings.name;
    this.settings = settings;
    this.configure(settings);
  }

  configure(settings: PortSettings): void {
    // A port without a VLAN of its own has the one of untagged packets.
    this.settings = { ...settings, tag: Math.max(0, settings.tag) };
    this.trunks = settings.trunks.length > 0 ? new Set(settings.trunks) : undefined;
    this.cvlans = settings.cvlans.length > 0 ? new Set(settings.cvlans) : undefined;
  }

  /** False for NORMAL's flooding where a controller said so. */
  get floods(): boolean {
    return this.members.every((m) => (m.config & PortConfig.noFlood) === 0);
  }
}

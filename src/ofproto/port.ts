import type { Device } from "#datapath/device.js";
import { type LinkStats, noStats } from "#host/net.js";
import type { PhyPort } from "#openflow/messages/port/phy-port.js";
import { OFPP } from "#openflow/port-number.js";
import type { BridgeState } from "./bridge-state.js";
import type { Bundle } from "./bundle.js";
import type { SwitchPort } from "./switch.js";

/** Packets and bytes that `ofproto` itself has moved through a port that the datapath does not know: a patch port. */
export interface TranslatedTraffic {
  rxPackets: number;
  rxBytes: number;
  txPackets: number;
  txBytes: number;
}

/** An OpenFlow port. */
export class OfPort implements SwitchPort {
  readonly bridge: BridgeState;
  readonly ofport: number;
  readonly name: string;
  readonly device: Device;
  /** The datapath's number; undefined for a patch port. */
  readonly datapathPort: number | undefined;
  /** `PortConfig` bits. */
  config = 0;
  /** The logical port that this one is, or is a member of. */
  bundle: Bundle | undefined;
  /** What controllers were last told of it. */
  told: PhyPort | undefined;
  /** Clock milliseconds when it was added. */
  readonly created: number;
  readonly traffic: TranslatedTraffic = { rxPackets: 0, rxBytes: 0, txPackets: 0, txBytes: 0 };

  constructor(bridge: BridgeState, ofport: number, device: Device, datapathPort: number | undefined, created = 0) {
    this.bridge = bridge;
    this.ofport = ofport;
    this.name = device.name;
    this.device = device;
    this.datapathPort = datapathPort;
    this.created = created;
  }

  get isPatch(): boolean {
    return this.datapathPort === undefined;
  }

  get isLocal(): boolean {
    return this.ofport === OFPP.local;
  }

  /** Counters of a patch port, in the form of a device's. */
  translatedStats(): LinkStats {
    return { ...noStats, ...this.traffic };
  }
}

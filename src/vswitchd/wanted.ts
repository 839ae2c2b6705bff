import type { ConnectionsSettings } from "#ofproto/connections/settings.js";
import type { BridgeSettings, PortSettings } from "#ofproto/settings.js";

/** An Interface row as settings. */
export interface WantedInterface {
  readonly uuid: string;
  readonly name: string;
  /** Interface:type with `""` spelt `system`, and `internal` for a bridge's own port. */
  readonly type: string;
  /** True for the port named after its bridge. */
  readonly isLocal: boolean;
  /** True for the port that stands for a fake bridge, which has its parent's address. */
  readonly isFakeBridge: boolean;
  readonly ofportRequest: number | undefined;
  /** Interface:ofport of an earlier life, wanted again where it is free. */
  readonly previousOfport: number | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly otherConfig: ReadonlyMap<string, string>;
  readonly mac: Uint8Array | undefined;
  readonly mtuRequest: number | undefined;
}

/** A Port row as settings. `uuid` is empty for a bridge's own port that no row names, made up since controllers need it. */
export interface WantedPort {
  readonly uuid: string;
  readonly settings: PortSettings;
  readonly interfaces: readonly WantedInterface[];
  /** Port:mac, a candidate for the bridge's own address. */
  readonly mac: Uint8Array | undefined;
}

/** Which controller a Controller row is. */
interface ControllerIdentity {
  readonly uuid: string;
  readonly target: string;
}

/** A Bridge row as settings. The datapath id and address are chosen when its ports are known. */
export interface WantedBridge {
  readonly uuid: string;
  readonly name: string;
  readonly settings: Omit<BridgeSettings, "datapathId">;
  /** other_config:hwaddr where it is an Ethernet address at all. */
  readonly hwaddr: Uint8Array | undefined;
  readonly datapathId: bigint | undefined;
  readonly ports: readonly WantedPort[];
  readonly connections: ConnectionsSettings;
  /** Rows of Controller, for their status. */
  readonly controllerRows: readonly ControllerIdentity[];
}

/** Everything the database asks for, plus what was wrong with the asking (for the log). */
export interface Wanted {
  readonly bridges: readonly WantedBridge[];
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
  /** Bonds that leave their mode to the default, which was once another one. */
  readonly defaultBonds: readonly string[];
}

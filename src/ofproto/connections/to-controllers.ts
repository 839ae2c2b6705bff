import type { Match } from "#flow/match.js";
import type { GroupMod } from "#openflow/messages/group/group-mod.js";
import type { MeterMod } from "#openflow/messages/meter/meter-mod.js";
import type { Continuation } from "#openflow/messages/packet/continuation.js";
import type { PhyPort } from "#openflow/messages/port/phy-port.js";
import type { OfPort } from "../port.js";
import type { FlowChanges, Origin } from "../tables/flow-changes.js";

/** A packet for controllers, free of versions and forms. */
export interface PacketForControllers {
  /** The whole packet; what goes out of it is said by `maxLength`. */
  readonly data: Uint8Array;
  readonly maxLength: number;
  readonly table: number;
  readonly cookie: bigint;
  /** A `PacketInReason`. */
  readonly reason: number;
  /** Metadata: port, registers, tunnel, connection tracking. */
  readonly match: Match;
  /** Which connections: those with this id (`controller(id=…)`). */
  readonly controllerId: number;
  readonly userdata: Uint8Array | undefined;
  /** How to go on with the packet, where the action paused it. */
  readonly continuation: Continuation | undefined;
  /** The meter that limits it, where the action names one. */
  readonly meterId: number | undefined;
}

/** What a bridge tells its controllers without being asked. Nothing is sent before the change is published. */
export interface ToControllers {
  /** Whether packets that no flow matched go to some controller where the table says nothing of it: those of OpenFlow 1.0 to 1.2 get them. */
  readonly wantsMisses: boolean;
  /** Flow-removed messages and flow monitors. */
  flowsChanged(changes: FlowChanges, origin: Origin): void;
  /** False where no connection takes it: the packet is then dropped. */
  packetIn(packet: PacketForControllers): boolean;
  /** `before`: of a port that is another now, what was told of it last. `source`: the connection that asked for it. */
  portStatus(reason: "add" | "delete" | "modify", port: OfPort, before?: PhyPort, source?: object): void;
  /** A group or meter was changed by one controller; the others may want to know (OFPT_REQUESTFORWARD). */
  forward(request: GroupMod | MeterMod, origin: Origin): void;
  /** A table's vacancy crossed a threshold. */
  tableStatus(table: number, reason: "vacancy_down" | "vacancy_up"): void;
}

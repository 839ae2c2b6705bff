import type { ActionRow } from "./action.js";

/** Why a packet goes to a controller (`OFPR_*`). */
export const PacketInReason = {
  noMatch: 0,
  action: 1,
  invalidTtl: 2,
  actionSet: 3,
  group: 4,
  packetOut: 5,
  /** The switch's own: no flow matched, and the table said nothing of that. Has no name. */
  implicitMiss: 6,
} as const;

/** Sends the packet to the controllers. */
export interface ControllerAction {
  readonly kind: "controller";
  /** Bytes of it to send; 65535 for all. */
  readonly maxLength: number;
  /** `OFPR_*`. */
  readonly reason: number;
  readonly controllerId: number;
}

const reasons = ["no_match", "action", "invalid_ttl", "action_set", "group", "packet_out", ""];

export const controller: ActionRow<ControllerAction> = {
  kind: "controller",
  format: ({ maxLength, reason, controllerId }) => {
    if (reason === PacketInReason.action && controllerId === 0) return `CONTROLLER:${maxLength}`;
    const parts = [
      reason === PacketInReason.action ? "" : `reason=${reasons[reason] ?? reason}`,
      maxLength === 65535 ? "" : `max_len=${maxLength}`,
      controllerId === 0 ? "" : `id=${controllerId}`,
    ];
    return `controller(${parts.filter((p) => p !== "").join(",")})`;
  },
};

import { OfpError } from "../../ofp-error.js";
import { always, OF12, OF13, OF14, only, since } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { type MessageForm, type MessageRow, nxt, ONF, ofpt, vendorMessage } from "../message.js";

const roles = ["nochange", "equal", "primary", "secondary"] as const;

/** What a controller may do. `nochange` only asks. */
export type Role = (typeof roles)[number];

/** Asks for a role, or answers. */
export interface RoleMessage {
  readonly kind: "role_request" | "role_reply";
  readonly role: Role;
  /** Tells an old primary from a new one. Since OpenFlow 1.2. */
  readonly generationId?: bigint;
}

const NO_GENERATION = 0xffffffffffffffffn;

function readGeneration(r: WireReader): { generationId?: bigint } {
  const generationId = r.u64();
  return generationId === NO_GENERATION ? {} : { generationId };
}

function readRole(r: WireReader): Role {
  const role = roles[r.u32()];
  if (role === undefined) throw new OfpError("OFPRRFC_BAD_ROLE");
  return role;
}

const writeRole = (w: WireWriter, role: Role): void => void w.u32(roles.indexOf(role));

/** Nicira's numbers begin with `equal`, and say nothing of generations. */
const nicira = <K extends RoleMessage["kind"]>(
  kind: K,
  name: string,
  type: number,
): MessageForm<RoleMessage & { kind: K }> => ({
  name,
  numbers: [nxt(always, type)],
  length: [4, 0],
  decode: (r) => {
    const number = r.u32();
    const role = number > 2 ? undefined : roles[number + 1];
    if (role === undefined) throw new OfpError("OFPRRFC_BAD_ROLE");
    return { kind, role };
  },
  canSay: ({ role }) => role !== "nochange",
  encode: ({ role }, w) => void w.u32(roles.indexOf(role) - 1),
});

function row<K extends RoleMessage["kind"]>(
  kind: K,
  names: readonly [standard: string, nicira: string],
  types: readonly [standard: number, nicira: number],
): MessageRow<RoleMessage & { kind: K }> {
  return {
    kind,
    forms: [
      {
        name: names[0],
        numbers: [ofpt(since(OF12), types[0])],
        length: [16, 0],
        decode: (r) => {
          const role = readRole(r);
          r.skip(4);
          const generation = readGeneration(r);
          return { kind, role, ...(kind === "role_request" && role === "nochange" ? {} : generation) };
        },
        encode: ({ role, generationId }, w) => {
          writeRole(w, role);
          w.zeros(4).u64(generationId ?? NO_GENERATION);
        },
      },
      nicira(kind, names[1], types[1]),
    ],
    format: ({ role, generationId }) => ` role=${role}${generationText(generationId)}`,
  };
}

const generationText = (generationId: bigint | undefined): string =>
  generationId === undefined ? "" : ` generation_id=${generationId}`;

export const roleRequest: MessageRow<RoleMessage & { kind: "role_request" }> = row(
  "role_request",
  ["OFPT_ROLE_REQUEST", "NXT_ROLE_REQUEST"],
  [24, 10],
);
export const roleReply: MessageRow<RoleMessage & { kind: "role_reply" }> = row(
  "role_reply",
  ["OFPT_ROLE_REPLY", "NXT_ROLE_REPLY"],
  [25, 11],
);

/** Tells a controller that its role changed. */
export interface RoleStatus {
  readonly kind: "role_status";
  readonly role: Role;
  readonly generationId?: bigint;
  /** 0 another controller asked to be primary, 1 the switch's configuration changed, 2 an experimenter's data changed. */
  readonly reason: number;
}

const reasons = ["primary_request", "configuration_changed", "experimenter_data_changed"];

const status = (name: string, number: MessageForm<RoleStatus>["numbers"][0]): MessageForm<RoleStatus> => ({
  name,
  numbers: [number],
  length: [16, 8],
  decode: (r) => {
    const role = readRole(r);
    const reason = r.u8();
    r.skip(3);
    return { kind: "role_status", role, ...readGeneration(r), reason };
  },
  encode: ({ role, generationId, reason }, w) => {
    writeRole(w, role);
    w.u8(reason)
      .zeros(3)
      .u64(generationId ?? NO_GENERATION);
  },
});

export const roleStatus: MessageRow<RoleStatus> = {
  kind: "role_status",
  forms: [
    status("OFPT_ROLE_STATUS", ofpt(since(OF14), 30)),
    status("ONFT_ROLE_STATUS", vendorMessage(only(OF13), ONF, 1911)),
  ],
  format: ({ role, generationId, reason }) =>
    ` role=${role}${generationText(generationId)} reason=${reasons[reason] ?? "(unknown)"}`,
};

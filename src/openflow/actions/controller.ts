import { UserError } from "#util/errors.js";
import { parseKeyValues } from "../key-value.js";
import { OfpError, ofpError } from "../ofp-error.js";
import { OFPP, portTo32 } from "../port-number.js";
import { always, OF10, OF11, only, since } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU16, parseU32 } from "./argument.js";
import { parseHex } from "./note.js";
import { LONGEST, nx, of, type WireForm } from "./wire-form.js";

/** Why a packet goes to a controller (`OFPR_*`). */
export const PacketInReason = {
  noMatch: 0,
  action: 1,
  invalidTtl: 2,
  actionSet: 3,
  group: 4,
  packetOut: 5,
  /** The switch's own, which have no names: a flow sent it that takes what no other matches; no flow matched, and the table said nothing of that. */
  explicitMiss: 6,
  implicitMiss: 7,
} as const;

/** Sends the packet to the controllers. */
export interface ControllerAction {
  readonly kind: "controller";
  /** Bytes of it to send; 65535 for all. */
  readonly maxLength: number;
  /** `OFPR_*`. */
  readonly reason: number;
  readonly controllerId: number;
  /** What the controller gets beside the packet. */
  readonly userdata?: Uint8Array;
  /** Whether the packet waits for the controller to let it go on. */
  readonly pause?: boolean;
  /** The meter that limits it. */
  readonly meterId?: number;
}

/** The action with what is given, and defaults for the rest. */
export function toController(given: Partial<ControllerAction>): ControllerAction {
  return { maxLength: 65535, reason: PacketInReason.action, controllerId: 0, ...given, kind: "controller" };
}

const reasons = ["no_match", "action", "invalid_ttl", "action_set", "group", "packet_out", "", ""];

const isPlain = ({ reason, controllerId, userdata, pause, meterId }: ControllerAction): boolean =>
  reason === PacketInReason.action && controllerId === 0 && !userdata && !pause && meterId === undefined;

const hasProperties = ({ userdata, pause, meterId }: ControllerAction): boolean =>
  (userdata !== undefined && userdata.length > 0) || pause === true || meterId !== undefined;

/** Properties of NXAST_CONTROLLER2. */
const Property = { maxLength: 0, controllerId: 1, reason: 2, userdata: 3, pause: 4, meterId: 5 } as const;

const controller2: WireForm<ControllerAction> = {
  ids: [nx(always, 37)],
  length: [16, LONGEST],
  decode: (r) => {
    if (!r.zeros(6)) throw new OfpError("NXBRC_MUST_BE_ZERO");
    const found: { -readonly [K in keyof ControllerAction]?: ControllerAction[K] } = {};
    while (r.left > 0) {
      const short = ofpError("OFPBPC_BAD_LEN");
      if (r.left < 4) throw short();
      const [type, length] = [r.u16(), r.u16()];
      if (length < 4 || length - 4 > r.left) throw short();
      const p = r.slice(length - 4, short);
      r.skip(Math.min((8 - (length % 8)) % 8, r.left));
      if (type === Property.maxLength) found.maxLength = p.u16();
      else if (type === Property.controllerId) found.controllerId = p.u16();
      else if (type === Property.reason) found.reason = p.u8();
      else if (type === Property.userdata) found.userdata = p.rest();
      else if (type === Property.pause) found.pause = true;
      else if (type === Property.meterId) found.meterId = p.u32();
      else throw new OfpError("OFPBPC_BAD_TYPE");
    }
    return toController(found);
  },
  encode: ({ maxLength, reason, controllerId, userdata, pause, meterId }, w) => {
    const property = (type: number, body: Uint8Array): void => {
      const start = w.length;
      w.u16(type)
        .u16(4 + body.length)
        .raw(body)
        .align(8, start);
    };
    w.zeros(6);
    if (maxLength !== 65535) property(Property.maxLength, Uint8Array.of(maxLength >> 8, maxLength));
    if (controllerId !== 0) property(Property.controllerId, Uint8Array.of(controllerId >> 8, controllerId));
    if (reason !== PacketInReason.action) property(Property.reason, Uint8Array.of(reason));
    if (userdata !== undefined && userdata.length > 0) property(Property.userdata, userdata);
    if (pause) property(Property.pause, new Uint8Array());
    if (meterId !== undefined) {
      property(Property.meterId, Uint8Array.of(meterId >>> 24, meterId >>> 16, meterId >>> 8, meterId));
    }
  },
};

/** OFPAT_OUTPUT is read by its own row. */
const never = (): never => {
  throw new OfpError("OFPBAC_BAD_TYPE");
};

export const controller: ActionRow<ControllerAction> = {
  kind: "controller",
  wire: [
    {
      ids: [of(only(OF10), 0)],
      writeOnly: true,
      length: [8, 8],
      decode: never,
      canSay: isPlain,
      encode: ({ maxLength }, w) => void w.u16(OFPP.controller).u16(maxLength),
    },
    {
      ids: [of(since(OF11), 0)],
      writeOnly: true,
      length: [16, 16],
      decode: never,
      canSay: isPlain,
      encode: ({ maxLength }, w) => void w.u32(portTo32(OFPP.controller)).u16(maxLength).zeros(6),
    },
    {
      ids: [nx(always, 20)],
      length: [16, 16],
      canSay: (a) => !hasProperties(a),
      decode: (r) => toController({ maxLength: r.u16(), controllerId: r.u16(), reason: r.u8() }),
      encode: ({ maxLength, controllerId, reason }, w) => void w.u16(maxLength).u16(controllerId).u8(reason).u8(0),
    },
    controller2,
  ],
  format: (a) => {
    const { reason, maxLength, controllerId, userdata, pause, meterId } = a;
    if (isPlain(a)) return `CONTROLLER:${maxLength}`;
    const parts = [
      reason === PacketInReason.action ? "" : `reason=${reasons[reason] ?? reason}`,
      maxLength === 65535 ? "" : `max_len=${maxLength}`,
      controllerId === 0 ? "" : `id=${controllerId}`,
      userdata === undefined ? "" : `userdata=${[...userdata].map((b) => b.toString(16).padStart(2, "0")).join(".")}`,
      pause ? "pause" : "",
      meterId === undefined ? "" : `meter_id=${meterId}`,
    ];
    return `controller(${parts.filter((p) => p !== "").join(",")})`;
  },
  parse: {
    controller: (argument) => {
      if (argument === "") return toController({});
      if (/^\d/.test(argument)) return toController({ maxLength: parseU16(argument, "max_len") });
      const found: { -readonly [K in keyof ControllerAction]?: ControllerAction[K] } = {};
      for (const { key, value } of parseKeyValues(argument)) {
        if (key === "reason") {
          const reason = value === "" ? -1 : reasons.indexOf(value);
          if (reason < 0) throw new UserError(`unknown reason "${value}"`);
          found.reason = reason;
        } else if (key === "max_len") found.maxLength = parseU16(value, "max_len");
        else if (key === "id") found.controllerId = parseU16(value, "id");
        else if (key === "userdata") {
          found.userdata = parseHex(value, "bad hex digit in `controller' action `userdata'");
        } else if (key === "pause") found.pause = true;
        else if (key === "meter_id") found.meterId = parseU32(value);
        else throw new UserError(`unknown key "${key}" parsing controller action`);
      }
      return toController(found);
    },
  },
};

import { UserError } from "#util/errors.js";
import { OfpError, ofpError } from "../ofp-error.js";
import { OF10, OF13, OF14, type Version } from "../version.js";
import { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import type { Action } from "./action.js";
import { isInActionSet } from "./action-set.js";
import { type ActionDecodeOptions, decodeActions, encodeActions } from "./codec.js";

/** Instructions' numbers since OpenFlow 1.1. */
const Instruction = {
  gotoTable: 1,
  writeMetadata: 2,
  writeActions: 3,
  applyActions: 4,
  clearActions: 5,
  meter: 6,
  experimenter: 0xffff,
} as const;

/** The order in which instructions are done, and must be written. What has no place of its own is in apply_actions. */
const order = ["meter", "apply_actions", "clear_actions", "write_actions", "write_metadata", "goto_table"] as const;
type Place = (typeof order)[number];

const isPlace = (kind: string): kind is Place => (order as readonly string[]).includes(kind);
const placeOf = (action: Action): Place => (isPlace(action.kind) ? action.kind : "apply_actions");

/** True for what only stands at the top of a flow. */
export function isInstruction(action: Action): boolean {
  return isPlace(action.kind) && action.kind !== "meter";
}

/** Throws `UserError` where an instruction may not come after the one before it, or is there twice. */
export function checkInstructionOrder(before: Action | undefined, action: Action): void {
  if (before === undefined) return;
  const [last, place] = [placeOf(before), placeOf(action)];
  if (place === last && place !== "apply_actions") {
    throw new UserError(`duplicate ${place} instruction not allowed, for OpenFlow 1.1+ compatibility`);
  }
  if (order.indexOf(place) < order.indexOf(last)) {
    throw new UserError(
      `invalid instruction ordering: ${place} must appear before ${last}, for OpenFlow 1.1+ compatibility`,
    );
  }
}

/** Actions of OpenFlow 1.0, where Nicira's instructions among them are in order. Throws OFPBAC_UNSUPPORTED_ORDER. */
function inSupportedOrder(actions: Action[]): Action[] {
  if (!actions.some((a) => isPlace(a.kind))) return actions;
  let before: Action | undefined;
  for (const action of actions) {
    try {
      checkInstructionOrder(before, action);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new OfpError("OFPBAC_UNSUPPORTED_ORDER").complain("ofp_actions", error.message);
    }
    before = action;
  }
  return actions;
}

/** Writes a flow's actions and instructions; OpenFlow 1.0 has actions only. */
export function encodeInstructions(actions: readonly Action[], version: Version, w: WireWriter): void {
  if (version === OF10) {
    encodeActions(actions, version, w);
    return;
  }
  const meterIsAction = version > OF14;
  const applied = actions.filter((a) => placeOf(a) === "apply_actions" || (meterIsAction && a.kind === "meter"));
  for (const a of actions) {
    if (a.kind !== "meter" || meterIsAction || version < OF13) continue;
    w.u16(Instruction.meter).u16(8).u32(a.meterId);
  }
  if (applied.length > 0) encodeList(Instruction.applyActions, applied, version, w);
  for (const a of actions) {
    if (a.kind === "clear_actions") w.u16(Instruction.clearActions).u16(8).zeros(4);
    else if (a.kind === "write_actions" && a.actions.length > 0)
      encodeList(Instruction.writeActions, a.actions, version, w);
    else if (a.kind === "write_metadata") w.u16(Instruction.writeMetadata).u16(24).zeros(4).u64(a.value).u64(a.mask);
    else if (a.kind === "goto_table") w.u16(Instruction.gotoTable).u16(8).u8(a.table).zeros(3);
  }
}

function encodeList(type: number, actions: readonly Action[], version: Version, w: WireWriter): void {
  const start = w.length;
  w.u16(type).u16(0).zeros(4);
  encodeActions(actions, version, w);
  if (w.length - start > 0xffff) throw new UserError("instruction is too long");
  w.patch16(start + 2, w.length - start);
}

/** Reads a flow's actions and instructions to the reader's end, in the order they are done. Throws `OfpError`. */
export function decodeInstructions(r: WireReader, version: Version, options: ActionDecodeOptions = {}): Action[] {
  if (version === OF10) return inSupportedOrder(decodeActions(r, version, options));
  if (r.left % 8 !== 0) {
    throw badLength().complain("ofp_actions", `OpenFlow message instructions length ${r.left} is not a multiple of 8`);
  }
  const first = r.at;
  // All instructions are looked at before what is in any.
  const bodies: (WireReader | undefined)[] = [];
  while (r.left > 0) {
    const start = r.at;
    const [type, length] = [r.u16(), r.u16()];
    if (length < 8 || length % 8 !== 0 || start + length > r.end) {
      throw badLength().complain("ofp_actions", `bad instruction format at offset ${start - first}`);
    }
    checkInstruction(type, length, version);
    if (bodies[type] !== undefined) throw new OfpError("OFPBIC_DUP_INST");
    bodies[type] = new WireReader(r.bytes, r.at, start + length, badLength);
    r.skip(length - 4);
  }
  const actions: Action[] = [];
  for (const type of inOrder) {
    const body = bodies[type];
    if (body !== undefined) actions.push(...decodeInstruction(type, body, version, options));
  }
  return actions;
}

const badLength = ofpError("OFPBIC_BAD_LEN");

const inOrder: readonly number[] = [
  Instruction.meter,
  Instruction.applyActions,
  Instruction.clearActions,
  Instruction.writeActions,
  Instruction.writeMetadata,
  Instruction.gotoTable,
];

/** Lengths of instructions that have only one. */
const lengths: ReadonlyMap<number, number> = new Map([
  [Instruction.gotoTable, 8],
  [Instruction.writeMetadata, 24],
  [Instruction.clearActions, 8],
  [Instruction.meter, 8],
]);

function checkInstruction(type: number, length: number, version: Version): void {
  if (type === Instruction.experimenter) throw new OfpError("OFPBIC_BAD_EXPERIMENTER");
  const isActionNow = type === Instruction.meter && version > OF14;
  if (isActionNow || !inOrder.includes(type)) throw new OfpError("OFPBIC_UNKNOWN_INST");
  if (length !== (lengths.get(type) ?? length)) throw new OfpError("OFPBIC_BAD_LEN");
}

function decodeInstruction(type: number, r: WireReader, version: Version, options: ActionDecodeOptions): Action[] {
  switch (type) {
    case Instruction.gotoTable:
      return [{ kind: "goto_table", table: r.u8() }];
    case Instruction.writeMetadata:
      r.skip(4);
      return [{ kind: "write_metadata", value: r.u64(), mask: r.u64() }];
    case Instruction.clearActions:
      return [{ kind: "clear_actions" }];
    case Instruction.meter:
      return [{ kind: "meter", meterId: r.u32() }];
    default: {
      r.skip(4);
      const actions = decodeActions(r, version, options);
      if (type === Instruction.applyActions) return actions;
      if (!actions.every(isInActionSet)) {
        throw new OfpError("OFPBAC_BAD_TYPE").complain("ofp_actions", "disallowed action in action set");
      }
      return [{ kind: "write_actions", actions }];
    }
  }
}

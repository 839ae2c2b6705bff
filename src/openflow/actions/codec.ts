import { u16, u32 } from "#util/big-endian.js";
import { BugError, UserError } from "#util/errors.js";
import { OfpError, ofpError } from "../ofp-error.js";
import { inRange, type Version, versions } from "../version.js";
import { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import type { Action } from "./action.js";
import { actionRows, rowOf } from "./table.js";
import type { ActionNumber, DecodeContext, EncodeContext, WireForm } from "./wire-form.js";
import { writtenField } from "./written-field.js";

const EXPERIMENTER = 0xffff;

/** A form of a version, and the action's number in it. */
interface Choice {
  readonly form: WireForm<Action>;
  readonly id: ActionNumber;
}

/** A version's forms by number, those of each vendor apart. */
type Forms = ReadonlyMap<number, ReadonlyMap<number, WireForm<Action>>>;

/** Each version's numbers, and the form that reads them. */
const forms: readonly Forms[] = versions.map(formsOf);
/** For each version, the forms that may write a kind, first choice first. */
const choices: readonly ReadonlyMap<string, readonly Choice[]>[] = versions.map(choicesOf);

function formsOf(version: Version): Forms {
  const vendors = new Map<number, Map<number, WireForm<Action>>>();
  for (const [kind, { wire }] of Object.entries(actionRows)) {
    for (const form of wire as readonly WireForm<Action>[]) {
      for (const { range, vendor, type } of form.ids) {
        const types = vendors.get(vendor) ?? new Map<number, WireForm<Action>>();
        vendors.set(vendor, types);
        if (!inRange(range, version) || form.writeOnly) continue;
        if (types.has(type)) throw new BugError(`action ${kind} claims ${vendor}/${type}, which is taken`);
        types.set(type, form);
      }
    }
  }
  return vendors;
}

function choicesOf(version: Version): ReadonlyMap<string, readonly Choice[]> {
  return new Map(
    Object.entries(actionRows).map(([kind, { wire }]) => [
      kind,
      (wire as readonly WireForm<Action>[]).flatMap((form): Choice[] => {
        const id = form.ids.find((i) => inRange(i.range, version) && !i.readOnly);
        return id === undefined ? [] : [{ form, id }];
      }),
    ]),
  );
}

/** How deep actions may lie in actions. Bytes that go deeper are refused. */
const DEEPEST = 64;

/** How actions are read. */
export interface ActionDecodeOptions {
  /** Debugging actions are known. */
  readonly debug?: boolean;
}

/** Reads actions to the reader's end. Throws `OfpError`. */
export function decodeActions(r: WireReader, version: Version, options: ActionDecodeOptions = {}): Action[] {
  return decodeList(r, version, options.debug === true, 0);
}

function decodeList(r: WireReader, version: Version, debug: boolean, depth: number, within?: "ct"): Action[] {
  if (r.left % 8 !== 0) throw new OfpError("OFPBRC_BAD_LEN", `actions length ${r.left} is not a multiple of 8`);
  if (depth > DEEPEST) throw new OfpError("OFPBAC_TOO_MANY", "actions are nested too deeply");
  const ctx: DecodeContext = {
    version,
    actions: (inner, place) => decodeList(inner, version, debug, depth + 1, place),
  };
  const actions: Action[] = [];
  while (r.left > 0) actions.push(decodeAction(r, ctx, debug));
  if (within !== "ct" && actions.some(isOfConntrack)) throw new OfpError("OFPBAC_BAD_SET_ARGUMENT");
  return actions;
}

/** True of actions that only stand in `ct(…)`. */
const isOfConntrack = (action: Action): boolean => action.kind === "nat" || writtenField(action).startsWith("ct_");

const badLength = ofpError("OFPBAC_BAD_LEN");

function decodeAction(r: WireReader, ctx: DecodeContext, debug: boolean): Action {
  const start = r.at;
  const type = r.u16();
  const length = r.u16();
  const ofVersion = forms[ctx.version - 1]!;
  // What an action is counts before its length.
  const form = type === EXPERIMENTER ? vendorForm(r, ofVersion) : ofVersion.get(0)!.get(type);
  if (form === undefined) throw new OfpError("OFPBAC_BAD_TYPE", `action ${type}`);
  const outside = length < form.length[0] || length > form.length[1];
  if (outside || length % 8 !== 0 || length === 0 || start + length > r.end) throw badLength();
  if (form.debug && !debug) throw new OfpError("OFPBAC_BAD_VENDOR_TYPE");
  const body = new WireReader(r.bytes, start + (type === EXPERIMENTER ? 10 : 4), start + length, badLength);
  r.skip(length - 4);
  return form.decode(body, ctx);
}

/** The form of a vendor's action, of which type and length are read already. */
function vendorForm({ bytes, at, left }: WireReader, ofVersion: Forms): WireForm<Action> {
  const vendor = u32(bytes, at);
  const types = vendor === 0 ? undefined : ofVersion.get(vendor);
  if (types === undefined) throw new OfpError("OFPBAC_BAD_VENDOR", `vendor ${vendor}`);
  if (left < 6) throw badLength();
  const subtype = u16(bytes, at + 4);
  const form = types.get(subtype);
  if (form === undefined) throw new OfpError("OFPBAC_BAD_VENDOR_TYPE", `action ${subtype} of vendor ${vendor}`);
  return form;
}

/** Writes actions as a version has them, others instead where it lacks one. Throws `UserError` where there is nothing to say it by. */
export function encodeActions(actions: readonly Action[], version: Version, w: WireWriter): void {
  const ctx: EncodeContext = { version, actions: (list, inner) => encodeActions(list, version, inner) };
  for (const action of actions) encodeAction(action, w, ctx);
}

function encodeAction(action: Action, w: WireWriter, ctx: EncodeContext): void {
  for (const { form, id } of choices[ctx.version - 1]!.get(action.kind)!) {
    if (form.canSay?.(action, ctx.version) === false) continue;
    encodeForm(action, form, id, w, ctx);
    return;
  }
  const others = rowOf(action).instead?.(action, ctx.version);
  if (others === undefined) {
    throw new UserError(`OpenFlow 1.${ctx.version - 1} has no action "${action.kind}"`);
  }
  encodeActions(others, ctx.version, w);
}

function encodeForm(action: Action, form: WireForm<Action>, id: ActionNumber, w: WireWriter, ctx: EncodeContext): void {
  const start = w.length;
  w.u16(id.vendor === 0 ? id.type : EXPERIMENTER).u16(0);
  if (id.vendor !== 0) w.u32(id.vendor).u16(id.type);
  form.encode(action, w, ctx);
  w.align(8, start);
  if (w.length - start > 0xffff) throw new UserError(`action "${action.kind}" is too long`);
  w.patch16(start + 2, w.length - start);
}

import { BugError, UserError } from "#util/errors.js";
import { OfpError, ofpError } from "../ofp-error.js";
import { inRange, type Version, versions } from "../version.js";
import { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import type { Action } from "./action.js";
import { actionRows, rowOf } from "./table.js";
import type { ActionNumber, DecodeContext, EncodeContext, WireForm } from "./wire-form.js";

const EXPERIMENTER = 0xffff;

const key = (version: number, vendor: number, type: number): string => `${version}/${vendor}/${type}`;

/** Each version's numbers, and the form that reads them. */
const forms = new Map<string, WireForm<Action>>();
const vendors = new Set<number>();
for (const [kind, { wire }] of Object.entries(actionRows)) {
  for (const form of wire as readonly WireForm<Action>[]) {
    for (const { range, vendor, type } of form.ids) {
      vendors.add(vendor);
      for (const version of versions.filter((v) => inRange(range, v) && !form.writeOnly)) {
        const k = key(version, vendor, type);
        if (forms.has(k)) throw new BugError(`action ${kind} claims ${k}, which is taken`);
        forms.set(k, form);
      }
    }
  }
}

/** How deep actions may lie in actions. Bytes that go deeper are refused. */
const DEEPEST = 64;

/** Reads actions to the reader's end. Throws `OfpError`. */
export function decodeActions(r: WireReader, version: Version, depth = 0): Action[] {
  if (r.left % 8 !== 0) throw new OfpError("OFPBRC_BAD_LEN", `actions length ${r.left} is not a multiple of 8`);
  if (depth > DEEPEST) throw new OfpError("OFPBAC_TOO_MANY", "actions are nested too deeply");
  const ctx: DecodeContext = { version, actions: (inner) => decodeActions(inner, version, depth + 1) };
  const actions: Action[] = [];
  while (r.left > 0) actions.push(decodeAction(r, ctx));
  return actions;
}

function decodeAction(r: WireReader, ctx: DecodeContext): Action {
  const tooShort = ofpError("OFPBAC_BAD_LEN");
  const start = r.at;
  const [type, length] = [r.u16(), r.u16()];
  if (length < 8 || length % 8 !== 0 || start + length > r.end) throw tooShort();
  const body = new WireReader(r.bytes, r.at, start + length, tooShort);
  r.skip(length - 4);
  const form = type === EXPERIMENTER ? vendorForm(body, ctx.version) : forms.get(key(ctx.version, 0, type));
  if (form === undefined) throw new OfpError("OFPBAC_BAD_TYPE", `action ${type}`);
  if (length < form.length[0] || length > form.length[1]) throw tooShort();
  return form.decode(body, ctx);
}

function vendorForm(body: WireReader, version: Version): WireForm<Action> {
  const vendor = body.u32();
  if (!vendors.has(vendor) || vendor === 0) throw new OfpError("OFPBAC_BAD_VENDOR", `vendor ${vendor}`);
  const subtype = body.u16();
  const form = forms.get(key(version, vendor, subtype));
  if (form === undefined) throw new OfpError("OFPBAC_BAD_VENDOR_TYPE", `action ${subtype} of vendor ${vendor}`);
  return form;
}

/** Writes actions as a version has them, others instead where it lacks one. Throws `UserError` where there is nothing to say it by. */
export function encodeActions(actions: readonly Action[], version: Version, w: WireWriter): void {
  const ctx: EncodeContext = { version, actions: (list, inner) => encodeActions(list, version, inner) };
  for (const action of actions) encodeAction(action, w, ctx);
}

function encodeAction(action: Action, w: WireWriter, ctx: EncodeContext): void {
  const row = rowOf(action);
  for (const form of row.wire) {
    const id = form.ids.find((i) => inRange(i.range, ctx.version));
    if (id === undefined || form.canSay?.(action, ctx.version) === false) continue;
    encodeForm(action, form, id, w, ctx);
    return;
  }
  const others = row.instead?.(action, ctx.version);
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

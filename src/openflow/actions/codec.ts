import { u16, u32 } from "#util/big-endian.js";
import { BugError, UserError } from "#util/errors.js";
import { plainHexDump } from "../messages/hex-dump.js";
import { OfpError, ofpError } from "../ofp-error.js";
import { inRange, type Version, versionName, versions } from "../version.js";
import { WireReader } from "../wire-reader.js";
import type { WireWriter } from "../wire-writer.js";
import type { Action } from "./action.js";
import { actionRows, rowOf } from "./table.js";
import type { ActionNumber, DecodeContext, EncodeContext, WireForm } from "./wire-form.js";
import { actionWireName, isDeprecated } from "./wire-names.js";
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

/** How deep actions may lie in actions, which is as deep as text takes them. Bytes that go deeper are refused. */
const DEEPEST = 99;

/** How actions are read. */
export interface ActionDecodeOptions {
  /** Debugging actions are known. */
  readonly debug?: boolean;
  /** Takes what the log is told of actions that are read all the same. */
  readonly warn?: (module: string, text: string, level: "info") => void;
}

/** Reads actions to the reader's end. Throws `OfpError`. */
export function decodeActions(r: WireReader, version: Version, options: ActionDecodeOptions = {}): Action[] {
  return decodeList(r, version, options, 0);
}

function decodeList(
  r: WireReader,
  version: Version,
  options: ActionDecodeOptions,
  depth: number,
  within?: "ct",
): Action[] {
  if (r.left % 8 !== 0) {
    throw new OfpError("OFPBRC_BAD_LEN").complain(
      "ofp_actions",
      `OpenFlow message actions length ${r.left} is not a multiple of 8`,
    );
  }
  if (depth > DEEPEST) throw new OfpError("OFPBAC_TOO_MANY", "actions are nested too deeply");
  const ctx: DecodeContext = {
    version,
    actions: (inner, place) => decodeList(inner, version, options, depth + 1, place),
  };
  const actions: Action[] = [];
  const start = r.at;
  while (r.left > 0) {
    const at = r.at;
    try {
      actions.push(decodeAction(r, ctx, options));
    } catch (error) {
      if (!(error instanceof OfpError)) throw error;
      const what = `bad action at offset ${at - start} (${error.error}):\n`;
      throw error.complain("ofp_actions", () => what + plainHexDump(r.bytes.subarray(start, r.end)).trimEnd());
    }
  }
  if (within !== "ct" && actions.some(isOfConntrack)) throw new OfpError("OFPBAC_BAD_SET_ARGUMENT");
  return actions;
}

/** True of actions that only stand in `ct(…)`. */
const isOfConntrack = (action: Action): boolean => action.kind === "nat" || writtenField(action).startsWith("ct_");

const badLength = ofpError("OFPBAC_BAD_LEN");

function decodeAction(r: WireReader, ctx: DecodeContext, { debug, warn }: ActionDecodeOptions): Action {
  const start = r.at;
  const type = r.u16();
  const length = r.u16();
  const { version } = ctx;
  const ofVersion = forms[version - 1]!;
  // What an action is counts before its length.
  const form = type === EXPERIMENTER ? vendorForm(r, version, ofVersion) : ofVersion.get(0)!.get(type);
  if (form === undefined) throw unknownAction("OFPBAC_BAD_TYPE", version, 0, type);
  if (isDeprecated(version, type)) {
    const text = `${actionWireName(version, 0, type)} is deprecated in ${versionName(version)} (use Set-Field)`;
    warn?.("ofp_actions", text, "info");
  }
  const outside = length < form.length[0] || length > form.length[1];
  if (outside || length % 8 !== 0 || length === 0 || start + length > r.end) throw lengthError(r, start, version, form);
  if (form.debug && debug !== true) throw new OfpError("OFPBAC_BAD_VENDOR_TYPE");
  const body = new WireReader(r.bytes, start + (type === EXPERIMENTER ? 10 : 4), start + length, badLength);
  r.skip(length - 4);
  return form.decode(body, ctx);
}

function unknownAction(
  error: "OFPBAC_BAD_TYPE" | "OFPBAC_BAD_VENDOR_TYPE",
  version: Version,
  vendor: number,
  type: number,
): OfpError {
  return new OfpError(error).complain(
    "ofp_actions",
    `unknown ${versionName(version)} action for vendor ${vendorText(vendor)} and type ${type}`,
  );
}

const vendorText = (vendor: number): string => (vendor === 0 ? "0" : `0x${vendor.toString(16)}`);

/** An action's length is wrong for what it is. */
function lengthError({ bytes, end }: WireReader, start: number, version: Version, form: WireForm<Action>): OfpError {
  const type = u16(bytes, start);
  const length = u16(bytes, start + 2);
  const [least, most] = form.length;
  const name =
    type === EXPERIMENTER
      ? actionWireName(version, u32(bytes, start + 4), u16(bytes, start + 8))
      : actionWireName(version, 0, type);
  const fault =
    start + length > end
      ? `exceeds action buffer length ${end - start}`
      : length < least || length > most
        ? `not in valid range [${least},${most}]`
        : "is not a multiple of 8";
  return badLength().complain("ofp_actions", `OpenFlow action ${name} length ${length} ${fault}`);
}

/** The form of a vendor's action, of which type and length are read already. */
function vendorForm({ bytes, at, left }: WireReader, version: Version, ofVersion: Forms): WireForm<Action> {
  const vendor = u32(bytes, at);
  const types = vendor === 0 ? undefined : ofVersion.get(vendor);
  if (types === undefined) {
    throw new OfpError("OFPBAC_BAD_VENDOR").complain(
      "ofp_actions",
      `OpenFlow action has unknown vendor ${vendorText(vendor)}`,
    );
  }
  if (left < 6) throw badLength();
  const subtype = u16(bytes, at + 4);
  const form = types.get(subtype);
  if (form === undefined) throw unknownAction("OFPBAC_BAD_VENDOR_TYPE", version, vendor, subtype);
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

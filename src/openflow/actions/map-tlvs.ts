import type { Field } from "#flow/fields/field.js";
import type { TlvMap } from "#flow/tlv-map.js";
import { OfpError } from "../ofp-error.js";
import type { Subfield } from "../subfield.js";
import type { Action } from "./action.js";
import type { SetField } from "./set-field.js";

/**
 * Actions in which tunnel metadata are the fields of a bridge's map, with their width and their place in the key. Throws `OfpError`:
 * NXFMFC_INVALID_TLV_FIELD for a field that is not mapped, OFPBAC_BAD_SET_LEN for bits that its option does not have.
 */
export function mapTunMetadata(actions: readonly Action[], tlvs: TlvMap): Action[] {
  return actions.map((action) => (action.kind === "set_field" ? mapSetField(action, tlvs) : mapObject(action, tlvs)));
}

function mapField(f: Field, tlvs: TlvMap): Field {
  if (f.tlv === undefined) return f;
  const mapped = tlvs.field(f.tlv);
  if (mapped === undefined) throw new OfpError("NXFMFC_INVALID_TLV_FIELD", f.name);
  return mapped;
}

function mapSetField(action: SetField, tlvs: TlvMap): SetField {
  const field = mapField(action.field, tlvs);
  if (field === action.field) return action;
  const ones = (1n << BigInt(field.bits)) - 1n;
  if (action.value > ones) throw new OfpError("OFPBAC_BAD_SET_LEN", field.name);
  return { ...action, field, mask: action.mask & ones };
}

function mapSubfield(s: Subfield, tlvs: TlvMap): Subfield {
  const field = mapField(s.field, tlvs);
  if (field !== s.field && s.start + s.bits > field.bits) throw new OfpError("OFPBAC_BAD_SET_LEN", field.name);
  return { ...s, field };
}

const isField = (value: object): value is Field => "prerequisite" in value && "oxm" in value;
const isSubfield = (value: object): value is Subfield => "field" in value && "start" in value && "bits" in value;

/** The same object with all fields in it mapped, however deep; the object itself where there is none. */
function mapObject<T extends object>(object: T, tlvs: TlvMap): T {
  const entries = Object.entries(object).map(([name, value]) => [name, mapValue(value, tlvs), value] as const);
  if (entries.every(([, mapped, value]) => mapped === value)) return object;
  return Object.fromEntries(entries) as T;
}

function mapValue(value: unknown, tlvs: TlvMap): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) {
    const list = value.map((v) => mapElement(v, tlvs));
    return list.some((v, i) => v !== value[i]) ? list : value;
  }
  return mapElement(value, tlvs);
}

function mapElement(value: unknown, tlvs: TlvMap): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isField(value)) return mapField(value, tlvs);
  if (isSubfield(value)) return value.field.tlv === undefined ? value : mapSubfield(value, tlvs);
  if ("kind" in value && value.kind === "set_field") return mapSetField(value as SetField, tlvs);
  return mapObject(value, tlvs);
}

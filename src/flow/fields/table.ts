import { BugError } from "#util/errors.js";
import { conntrackFields } from "./conntrack.js";
import { ethernetFields } from "./ethernet.js";
import type { Codepoint, Field, Row } from "./field.js";
import { ipFields } from "./ip.js";
import { metadataFields } from "./metadata.js";
import { nshFields } from "./nsh.js";
import { registerFields } from "./registers.js";
import { transportFields } from "./transport.js";
import { tunMetadataFields, tunnelFields } from "./tunnel.js";

const rows: readonly Row[] = [
  ...metadataFields,
  ...tunnelFields,
  ...tunMetadataFields,
  ...conntrackFields,
  ...registerFields,
  ...ethernetFields,
  ...ipFields,
  ...nshFields,
  ...transportFields,
];

/** Every field of ovs-fields(7), and dp_hash, recirc_id and the outer tos and ttl; `fields[f.id] === f`. */
export const fields: readonly Field[] = rows.map((r, id) => ({ ...r, id }));

const names = new Map<string, Field>();
/** By class and number; those of experimenters apart, by experimenter and number. */
const codepoints = new Map<number, Field>();
const experimenters = new Map<number, Field>();

function claim<K>(map: Map<K, Field>, key: K, f: Field): void {
  const other = map.get(key);
  if (other !== undefined) throw new BugError(`fields ${other.name} and ${f.name} both claim ${key}`);
  map.set(key, f);
}

/** A class or an experimenter with a number of 7 bits. */
const codepointKey = (owner: number, number: number): number => owner * 128 + number;

for (const f of fields) {
  for (const name of [f.name, ...f.aliases]) claim(names, name, f);
  for (const c of [...f.oxm, ...f.nxm]) {
    if (c.experimenter === undefined) claim(codepoints, codepointKey(c.class, c.field), f);
    else claim(experimenters, codepointKey(c.experimenter, c.field), f);
    claim(names, c.name, f);
  }
}

/** A field by its name, an alias, or an OXM or NXM name. */
export function fieldByName(name: string): Field | undefined {
  return names.get(name);
}

/** The field of this name; throws `BugError` where there is none. For names written in the code. */
export function field(name: string): Field {
  const f = names.get(name);
  if (f === undefined) throw new BugError(`no field ${name}`);
  return f;
}

/** The field an OXM or NXM header means; `experimenter` only with class 0xffff. */
export function fieldByCodepoint(cls: number, number: number, experimenter?: number): Field | undefined {
  return experimenter === undefined
    ? codepoints.get(codepointKey(cls, number))
    : experimenters.get(codepointKey(experimenter, number));
}

/** The codepoint a match or action of an OpenFlow wire version carries this field by: the newest OXM it knows, else NXM. */
export function codepointFor(f: Field, version: number): Codepoint | undefined {
  return f.oxm.find((c) => version >= c.since) ?? f.nxm[0] ?? f.oxm[0];
}

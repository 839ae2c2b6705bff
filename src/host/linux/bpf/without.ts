import { HostError, UserError } from "#util/errors.js";
import { type BpfFeature, bpfFeatures } from "./features.js";

/** What the environment takes away: features that count as missing, and those of which nothing can be told. */
interface Withheld {
  readonly missing: ReadonlySet<BpfFeature>;
  readonly unknown: ReadonlySet<BpfFeature>;
}

/**
 * Reads `WEFT_WITHOUT`, names of features with commas between them: `tcx,dynptr,btf`. With a question mark behind its name a feature is one of which probes cannot tell. Throws
 * `UserError` for a name that is none.
 */
export function readWithout(text: string): Withheld {
  const missing = new Set<BpfFeature>();
  const unknown = new Set<BpfFeature>();
  for (const word of text.split(",").map((part) => part.trim())) {
    if (word === "") continue;
    const isUnknown = word.endsWith("?");
    const name = isUnknown ? word.slice(0, -1) : word;
    if (!Object.hasOwn(bpfFeatures, name)) throw new UserError(`WEFT_WITHOUT: there is no feature "${name}"`);
    (isUnknown ? unknown : missing).add(name as BpfFeature);
  }
  return { missing, unknown };
}

let read: { readonly text: string; readonly withheld: Withheld } | undefined;

/** What this process is to do without. */
export function withheld(): Withheld {
  const text = process.env["WEFT_WITHOUT"] ?? "";
  if (read?.text !== text) read = { text, withheld: readWithout(text) };
  return read.withheld;
}

/** Throws `HostError` EOPNOTSUPP where this process is to do without one of these features. */
export function refuseWithout(...features: readonly BpfFeature[]): void {
  const { missing } = withheld();
  const refused = features.find((feature) => missing.has(feature));
  if (refused !== undefined)
    throw new HostError(bpfFeatures[refused].title, "EOPNOTSUPP", 95, "taken away by WEFT_WITHOUT");
}

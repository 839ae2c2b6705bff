import { BugError } from "#util/errors.js";
import { inRange, type Version, versions } from "../version.js";
import type { ErrorName, ErrorNumbers, ErrorRow } from "./error-row.js";
import { niciraErrors } from "./nicira.js";
import { standardErrors } from "./standard.js";

/** Every error that has a name. */
export const errorRows: readonly ErrorRow[] = [...standardErrors, ...niciraErrors];

const byName = new Map<string, ErrorRow>();
for (const r of errorRows) {
  if (byName.has(r.name)) throw new BugError(`two errors ${r.name}`);
  byName.set(r.name, r);
}

const key = (version: number, vendor: number, type: number, code: number): string =>
  `${version}/${vendor}/${type}/${code}`;

/** Errors that have another's numbers in old versions: there they are read as that other. */
const olderMeaning: ReadonlySet<string> = new Set(["OFPBRC_IS_SECONDARY", "OFPBIC_BAD_EXP_TYPE"]);

const byNumbers = new Map<string, ErrorName>();
for (const { name, numbers } of errorRows) {
  for (const version of versions) {
    const n = numbers.find((x) => inRange(x.range, version));
    if (n === undefined) continue;
    const k = key(version, n.vendor, n.type, n.code);
    const other = byNumbers.get(k);
    if (other !== undefined && !olderMeaning.has(other) && !olderMeaning.has(name)) {
      throw new BugError(`errors ${other} and ${name} are both ${k}`);
    }
    if (other === undefined || olderMeaning.has(other)) byNumbers.set(k, name);
  }
}

/** True where there is an error of this name. */
export function isErrorName(name: string): name is ErrorName {
  return byName.has(name);
}

/** The numbers of an error in a version; undefined where that version cannot say it. */
export function errorNumbers(name: ErrorName, version: Version): ErrorNumbers | undefined {
  const found = byName.get(name);
  if (found === undefined) throw new BugError(`no error ${name}`);
  return found.numbers.find((n) => inRange(n.range, version));
}

/** The error of these numbers in a version; undefined where they mean none. */
export function errorOfNumbers(version: number, vendor: number, type: number, code: number): ErrorName | undefined {
  return byNumbers.get(key(version, vendor, type, code));
}

import { formatReal } from "#util/real-text.js";
import { utf8Fault } from "#util/utf8.js";
import type { Atom, AtomicType } from "./atom.js";
import { formatAtom } from "./atom-text.js";
import { type Datum, hasKey } from "./datum.js";
import { constraintViolation } from "./error.js";

/** An atomic type and what narrows it (RFC 7047 section 3.2 `<base-type>`). A limit that is absent does not apply. */
export interface BaseType {
  readonly type: AtomicType;
  /** The set of the only values allowed. */
  readonly enum?: Datum;
  readonly minInteger?: number | bigint;
  readonly maxInteger?: number | bigint;
  readonly minReal?: number;
  readonly maxReal?: number;
  /** In Unicode characters. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** The table whose rows a uuid names. */
  readonly refTable?: string;
  /** A strong reference (the default) keeps the row alive; a weak one vanishes with it. */
  readonly refType?: "strong" | "weak";
}

/** Whether atoms of this type keep the rows they name alive. */
export function isStrongRef(base: BaseType | undefined): boolean {
  return base?.refTable !== undefined && base.refType !== "weak";
}

/** Whether atoms of this type disappear together with the rows they name. */
export function isWeakRef(base: BaseType | undefined): boolean {
  return base?.refTable !== undefined && base.refType === "weak";
}

/** Checks an atom against the type's constraints (but not that a row it names exists). Throws a "constraint violation". */
export function checkAtom(base: BaseType, atom: Atom): void {
  if (base.enum) {
    if (hasKey(base.enum, atom)) return;
    const allowed = base.enum.keys.map((key) => formatAtom(base.type, key)).join(", ");
    throw constraintViolation(`${formatAtom(base.type, atom)} is not one of the allowed values ([${allowed}])`);
  }
  if (base.type === "string") checkString(base, atom as string);
  else if (base.type === "integer") checkRange(atom as number, base.minInteger, base.maxInteger, String);
  else if (base.type === "real") checkRange(atom as number, base.minReal, base.maxReal, formatReal);
}

type Bound = number | bigint;

function checkRange<T extends Bound>(
  value: T,
  min: Bound | undefined,
  max: Bound | undefined,
  format: (n: number) => string,
): void {
  if ((min === undefined || value >= min) && (max === undefined || value <= max)) return;
  const text = (n: Bound): string => format(n as number);
  if (min !== undefined && max !== undefined) {
    throw constraintViolation(`${text(value)} is not in the valid range ${text(min)} to ${text(max)} (inclusive)`);
  }
  throw constraintViolation(
    min !== undefined
      ? `${text(value)} is less than minimum allowed value ${text(min)}`
      : `${text(value)} is greater than maximum allowed value ${text(max!)}`,
  );
}

function checkString(base: BaseType, text: string): void {
  const fault = utf8Fault(text);
  if (fault) {
    const bytes = fault.map((byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(" ");
    throw constraintViolation(`not a valid UTF-8 string: invalid UTF-8 sequence ${bytes}`);
  }
  const { minLength, maxLength } = base;
  if (minLength === undefined && maxLength === undefined) return;
  const length = [...text].length;
  if (minLength !== undefined && length < minLength) {
    throw constraintViolation(`"${text}" length ${length} is less than minimum allowed length ${minLength}`);
  }
  if (maxLength !== undefined && length > maxLength) {
    throw constraintViolation(`"${text}" length ${length} is greater than maximum allowed length ${maxLength}`);
  }
}

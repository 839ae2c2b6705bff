import { formatReal } from "#util/real-text.js";
import { type Atom, type AtomicType, parseUuid } from "./atom.js";

/** Writes an atom as the tools print it: strings quoted unless they are plain words. */
export function formatAtom(type: AtomicType, atom: Atom): string {
  if (type === "string") return needsQuotes(atom as string) ? JSON.stringify(atom) : (atom as string);
  return formatBareAtom(type, atom);
}

/** Writes an atom without quotes, as `--data=bare` does. */
export function formatBareAtom(type: AtomicType, atom: Atom): string {
  return type === "real" ? formatReal(atom as number) : String(atom);
}

/** Whether a string would be taken for something else, or cut in pieces, if it were printed without quotes. */
function needsQuotes(text: string): boolean {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text)) return true;
  return text === "true" || text === "false" || parseUuid(text) !== undefined;
}

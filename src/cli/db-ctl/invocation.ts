import type { Host } from "#host/host.js";

/** How a program was called: its command line as text, and the comment that its transactions carry in the database's log. */
export interface Invocation {
  readonly line: string;
  readonly comment: string;
}

/** Describes an invocation. With a host the comment also names the program that started this one. */
export function describeInvocation(program: string, argv: readonly string[], host?: Host): Invocation {
  const line = [program, ...argv].map(quote).join(" ");
  const parent = host === undefined ? undefined : parentName(host);
  return { line, comment: `${program}${parent === undefined ? "" : ` (invoked by ${parent})`}: ${line}` };
}

/** Arguments with white space, quotes or backslashes are quoted as JSON strings are. */
function quote(word: string): string {
  return /[\s"'\\]/.test(word) ? JSON.stringify(word) : word;
}

function parentName(host: Host): string | undefined {
  const stat = host.files.readTextIfExists("/proc/self/stat");
  // The second field is the name in parentheses, which may itself hold some; the parent's pid is the second field after it.
  const parent = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
  return parent === undefined ? undefined : host.files.readTextIfExists(`/proc/${parent}/comm`)?.trim();
}

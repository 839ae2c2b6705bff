import { UserError } from "#util/errors.js";
import { type Level, levels } from "./logger.js";
import { facilityNumber } from "./syslog-facility.js";

export const destinations = ["syslog", "console", "file"] as const;
export type Destination = (typeof destinations)[number];

/** What a `vlog/set` word list or a `-v` asks for. */
export type VlogSpec =
  | {
      readonly kind: "level";
      /** `undefined` for every module, and for every destination. */
      readonly module: string | undefined;
      readonly destination: Destination | undefined;
      readonly level: Level;
    }
  | { readonly kind: "pattern"; readonly destination: Destination | undefined; readonly pattern: string }
  | { readonly kind: "facility"; readonly facility: number };

/**
 * Reads a specification: words between spaces, commas and colons, one each at most of a module, a destination and a level; or
 * `PATTERN:DESTINATION:PATTERN`; or `FACILITY:NAME`. Throws `UserError` in upstream's words.
 */
export function parseVlogSpec(spec: string, isModule: (name: string) => boolean): VlogSpec {
  const words = [...spec.matchAll(/[^ ,:]+/g)];
  const first = words[0]?.[0]?.toLowerCase();
  if (first === "pattern") return parsePattern(spec, words[1]);
  if (first === "facility") {
    const facility = facilityNumber(words[1]?.[0] ?? "");
    if (facility === undefined) throw new UserError("invalid facility");
    return { kind: "facility", facility };
  }
  let module: string | undefined;
  let destination: Destination | undefined;
  let level: Level | undefined;
  for (const [text] of words) {
    const word = text.toLowerCase();
    if (word === "any") continue;
    const asDestination = destinations.find((d) => d === word);
    const asLevel = levels.find((l) => l === word);
    if (asDestination) {
      if (destination) throw new UserError("cannot specify multiple destinations");
      destination = asDestination;
    } else if (asLevel) {
      if (level) throw new UserError("cannot specify multiple levels");
      level = asLevel;
    } else if (isModule(word)) {
      if (module !== undefined) throw new UserError("cannot specify multiple modules");
      module = word;
    } else throw new UserError(`no destination, level, or module "${text}"`);
  }
  return { kind: "level", module, destination, level: level ?? "dbg" };
}

function parsePattern(spec: string, word: RegExpMatchArray | undefined): VlogSpec {
  if (word === undefined) throw new UserError("missing destination");
  const name = word[0].toLowerCase();
  const destination = destinations.find((d) => d === name);
  if (destination === undefined && name !== "any") throw new UserError(`unknown destination "${word[0]}"`);
  // The separator after the destination is not part of the pattern, what follows it is, colons and all.
  return { kind: "pattern", destination, pattern: spec.slice(word.index! + word[0].length + 1) };
}

import manifest from "../../package.json" with { type: "json" };
import { unknownColumns, unknownKeys } from "./columns.js";
import { type OurName, ourAppctl, ourPrograms } from "./our-programs.js";
import { ownAdditions } from "./own-additions.js";
import { upstreamAppctl, upstreamPrograms } from "./upstream.js";

/** `works` as upstream's does; `accepted`: understood and stored, without effect; `missing`: not there, or refused by name. */
export type State = "works" | "accepted" | "missing";

/** A name of upstream's and its state here. */
export interface Compared {
  readonly name: string;
  readonly state: State;
  /** Whatever else there is to say of it. */
  readonly note: string;
}

export interface ComparedProgram {
  readonly name: string;
  readonly what: string;
  readonly options: readonly Compared[];
  readonly commands: readonly Compared[];
}

const stateOf = (ours: OurName | undefined): State => (ours ? (ours.support ?? "works") : "missing");

/** The programs in `bin/`. */
export const installed: readonly string[] = Object.keys(manifest.bin);

/** Upstream's programs that are here, name by name. Throws for one whose tables nobody listed. */
export function comparePrograms(): ComparedProgram[] {
  return installed.flatMap((name): ComparedProgram[] => {
    const theirs = upstreamPrograms.get(name);
    if (!theirs) return [];
    const ours = ourPrograms.get(name);
    if (!ours)
      throw new Error(`bin/${name}: its options and commands are to be listed in tools/parity/our-programs.ts`);
    const options = theirs.options.map((option) => {
      const row = ours.options.find((o) => o.name === option);
      return { name: `--${option}`, state: stateOf(row), note: "" };
    });
    const commands = Object.entries(theirs.commands).map(([command, wanted]) => {
      const row = ours.commands.find((c) => c.name === command);
      const lacking =
        row && row.support === undefined ? wanted.filter((o) => !row.options.includes(o)).map((o) => `\`--${o}\``) : [];
      const note = lacking.length === 0 ? "" : `without ${lacking.join(", ")}`;
      return { name: command, state: stateOf(row), note: note || wanted.map((o) => `\`--${o}\``).join(" ") };
    });
    return [{ name, what: theirs.what, options, commands }];
  });
}

/** The appctl commands of a daemon: upstream's current ones, then those that only 3.1 has. */
export function compareAppctl(daemon: string): { current: Compared[]; retired: Compared[] } {
  const theirs = upstreamAppctl.get(daemon);
  const ours = ourAppctl.get(daemon);
  if (!theirs || !ours) throw new Error(`${daemon} is no daemon that is compared`);
  const compare = ([name, usage]: [string, string]): Compared => {
    const row = ours.find((c) => c.name === name);
    const differs = row !== undefined && row.usage !== usage;
    const code = (text: string): string => (text === "" ? "no arguments" : `\`${text}\``);
    const note = differs ? `${code(usage)}; here ${code(row.usage)}` : usage && code(usage);
    return { name, state: stateOf(row), note };
  };
  return { current: [...theirs.current].map(compare), retired: [...theirs.retired].map(compare) };
}

/** Names of ours that neither upstream nor the list of our own additions knows. */
export function unknownNames(): string[] {
  const unknown: string[] = [...unknownColumns(), ...unknownKeys()].map((name) => `column ${name}`);
  for (const program of installed) {
    if (!upstreamPrograms.has(program) && !ownAdditions.programs[program]) unknown.push(`program ${program}`);
  }
  for (const [program, { options, commands }] of ourPrograms) {
    const theirs = upstreamPrograms.get(program);
    for (const { name } of options) {
      if (!theirs?.options.includes(name) && !ownAdditions.options[program]?.[name]) {
        unknown.push(`${program} --${name}`);
      }
    }
    for (const command of commands) {
      const known = theirs?.commands[command.name];
      if (!known) unknown.push(`${program} ${command.name}`);
      for (const option of command.options) {
        if (known && !known.includes(option)) unknown.push(`${program} --${option} ${command.name}`);
      }
    }
  }
  for (const [daemon, commands] of ourAppctl) {
    const theirs = upstreamAppctl.get(daemon);
    for (const { name } of commands) {
      if (theirs?.current.has(name) || theirs?.retired.has(name) || ownAdditions.appctl[daemon]?.[name]) continue;
      unknown.push(`${daemon}: ${name}`);
    }
  }
  return unknown;
}

/** Own additions that are not there. */
export function absentAdditions(): string[] {
  const { programs, appctl, options } = ownAdditions;
  return [
    ...Object.keys(programs).filter((name) => !installed.includes(name)),
    ...Object.entries(appctl).flatMap(([daemon, names]) =>
      Object.keys(names).filter((name) => !ourAppctl.get(daemon)?.some((c) => c.name === name)),
    ),
    ...Object.entries(options).flatMap(([program, names]) =>
      Object.keys(names).filter((name) => !ourPrograms.get(program)?.options.some((o) => o.name === name)),
    ),
  ];
}

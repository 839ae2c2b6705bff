import type { Host } from "#host/host.js";
import type { Programs } from "#host/programs.js";

/** What programs that run other programs of ours need of the outside. */
export interface ScriptEnvironment {
  readonly host: Host;
  readonly programs: Programs;
  /** Absolute path of one of our programs, by its name. */
  programFile(name: string): string;
  print(text: string): void;
  error(text: string): void;
  /** Makes an empty folder of that kind in the place for temporary files; gives its path. */
  temporaryFolder(kind: string): string;
}

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ScriptEnvironment } from "#cli/script-environment.js";
import { createNodeHost } from "#host/node/host.js";
import { NodePrograms } from "#host/node/programs.js";

/** The outside of a program that runs others: those of the same installation. */
export function scriptEnvironment(): ScriptEnvironment {
  const host = createNodeHost();
  const { process: self } = host;
  return {
    host,
    programs: new NodePrograms(),
    programFile: (name) => join(dirname(dirname(self.programFile)), "bin", name),
    print: (text) => self.stdout(text),
    error: (text) => self.stderr(text),
    temporaryFolder: (kind) => mkdtempSync(join(tmpdir(), `${kind}.`)),
  };
}

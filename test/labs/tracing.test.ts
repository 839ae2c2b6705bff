import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { ourPrograms, SwitchStack } from "../support/switch-stack.js";

const guide = join(import.meta.dirname, "../../docs/guides/tracing.md");

/** Commands that are typed one after the other, and what they print in all. */
interface Example {
  readonly commands: string[];
  readonly printed: string[];
}

/** Indented lines of the guide: those with `$` are typed, the others printed. */
function examples(): readonly Example[] {
  const found: Example[] = [];
  let isText = true;
  for (const line of readFileSync(guide, "utf8").split("\n")) {
    const last = found.at(-1);
    if (line.startsWith("    $ ")) {
      const goesOn = !isText && last !== undefined && last.printed.length === 0;
      if (goesOn) last.commands.push(line.slice(6));
      else found.push({ commands: [line.slice(6)], printed: [] });
      isText = false;
    } else if (line.startsWith("    ")) {
      if (!isText) last?.printed.push(line.slice(4));
    } else if (line !== "") isText = true;
    else if (!isText) last?.printed.push("");
  }
  return found;
}

/** What differs from run to run: times, ages of addresses, numbers of recirculations. */
const plain = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT\S+Z/g, "TIME")
    .replaceAll(/^( +\d+ +\d+ +[0-9a-f:]{17} +)\d+$/gm, "$1AGE")
    .replaceAll(/recirc\(0x[0-9a-f]+\)/g, "recirc(ID)")
    .replaceAll(/recirc_id=0x[0-9a-f]+/g, "recirc_id=ID")
    .trimEnd();

describeWith([root], "the guide to tracing", () => {
  let stack: SwitchStack;
  beforeAll(async () => {
    stack = await SwitchStack.start(ourPrograms, { switchOptions: ["--enable-dummy", "--disable-system"] });
  });
  afterAll(() => stack?.close());

  it("says what its commands print", async () => {
    const bin = join(import.meta.dirname, "../../bin");
    const all = examples();
    expect(all.length).toBeGreaterThan(8);
    for (const { commands, printed } of all) {
      // What runs in the background begins before the rest.
      const script = commands.map((c) => (c.endsWith("&") ? `${c}\nsleep 1` : c)).join("\n");
      const { stdout } = await stack.run("sh", "-c", `exec 2>&1; PATH=${bin}:$PATH\n${script}\nwait`);
      expect(plain(stdout), commands.join("\n")).toBe(plain(printed.join("\n")));
    }
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The indented blocks of a section of a guide, each as a script for a shell: what an operator types. */
export function guideBlocks(guide: string, section: string): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, "../../docs/guides", `${guide}.md`), "utf8");
  const found = text.split(/^## /m).find((part) => part.startsWith(`${section}\n`));
  if (found === undefined) throw new Error(`${guide}.md has no section "${section}"`);
  const blocks = found.match(/(?:^ {4}.*\n|^\n(?= {4}))+/gm) ?? [];
  return blocks.map((block) => block.replace(/^ {4}/gm, "").trim());
}

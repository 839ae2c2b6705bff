import { OP_DROP, OP_OUTPUT, OP_REWRITE, OP_SET_KEY, OP_TRUNC, type Program } from "./ops.js";

/** Steps that say nothing else with their packet's key than what they write to it, for steps that look. */
const blind: ReadonlySet<number> = new Set([OP_OUTPUT, OP_REWRITE, OP_SET_KEY, OP_TRUNC, OP_DROP]);

/** False where no step of a program looks at its packet's key: most packets go out without. */
export function readsKey(program: Program): boolean {
  for (let i = 0; i < program.length; i++) {
    const { code } = program[i]!;
    if (code !== OP_OUTPUT && !blind.has(code)) return true;
  }
  return false;
}

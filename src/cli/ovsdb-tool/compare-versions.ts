import { UserError } from "#util/errors.js";
import type { ToolCommand } from "./tool-command.js";

const relations: Readonly<Record<string, (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  "==": (order) => order === 0,
  ">=": (order) => order >= 0,
  ">": (order) => order > 0,
  "!=": (order) => order !== 0,
};

function parseVersion(text: string): readonly number[] {
  if (!/^\d+\.\d+\.\d+$/.test(text)) throw new UserError(`${text}: not an OVSDB version number in format x.y.z`);
  return text.split(".").map(Number);
}

/** Exits with 0 where the relation between two schema versions holds, else with 2. */
export const compareVersions: ToolCommand = {
  name: "compare-versions",
  usage: "a op b",
  minArgs: 3,
  maxArgs: 3,
  run(_context, [a = "", relation = "", b = ""]) {
    const [left, right] = [parseVersion(a), parseVersion(b)];
    const holds = Object.hasOwn(relations, relation) ? relations[relation] : undefined;
    if (!holds) throw new UserError(`${relation}: not a relational operator`);
    const order = left.map((part, i) => part - (right[i] ?? 0)).find((d) => d !== 0) ?? 0;
    return holds(order) ? 0 : 2;
  },
};

import { OP_CT, type Program } from "../ops.js";

/** True where a program has a step that looks at connections, on any level. */
export function tracksConnections(program: Program): boolean {
  return program.some(
    ({ code, inner, otherwise }) => code === OP_CT || tracksConnections(inner) || tracksConnections(otherwise),
  );
}

/** A program that cannot be written down: a number that does not fit, an unknown name, a label set twice, a jump that is too far. */
export class AssemblyError extends Error {
  override name = "AssemblyError";
}

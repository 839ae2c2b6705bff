/** A place in a source file: where an instruction was emitted. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The function it lies in; undefined at a module's top level. */
  readonly within?: string;
}

/** The stack of calls that emitted an instruction, kept as the engine caught it: it becomes text only when somebody looks. */
export interface EmitTrace {
  readonly stack?: string;
}

let remembering = false;
/** As many calls as are kept: those of arrays' functions among them. */
const FRAMES = 6;

/**
 * Builds a program so that its instructions remember where they were emitted, for `sourcePlaces`. It costs about five microseconds for each
 * instruction, and nothing outside `build`; what was made before (constants of a module) remembers nothing.
 */
export function withSources<T>(build: () => T): T {
  const before = [remembering, Error.stackTraceLimit] as const;
  remembering = true;
  Error.stackTraceLimit = FRAMES;
  try {
    return build();
  } finally {
    [remembering, Error.stackTraceLimit] = before;
  }
}

/** The trace of whoever called `builder`'s caller, where somebody has asked for it. */
export function emitTrace(builder: (...args: never[]) => unknown): EmitTrace | undefined {
  if (!remembering) return undefined;
  const trace: { stack?: string } = {};
  Error.captureStackTrace(trace, builder);
  return trace;
}

/** A line of a stack: `at name (file:line:column)` or `at file:line:column`. */
const FRAME = /^\s*at (?:(?:async )?(.*?) \()?(?:file:\/\/)?([^()]*?):(\d+):(\d+)\)?$/;

/** The frame of the builder itself (`mov.imm`) comes before those of the program's author. */
const BUILDERS = 1;

/** Where an instruction was emitted: the innermost place first, then those it was called from, `most` at most; nothing where nobody asked. */
export function sourcePlaces(ins: { readonly trace?: EmitTrace }, most = 3): SourcePlace[] {
  const lines = ins.trace?.stack?.split("\n").filter((line) => line.trimStart().startsWith("at ")) ?? [];
  return lines.slice(BUILDERS, BUILDERS + most).flatMap((line) => {
    const found = FRAME.exec(line);
    if (!found) return [];
    const [, name, file, row, column] = found;
    const within = name && !/<anonymous>|withSources/.test(name) ? { within: name.replace(/^Object\./, "") } : {};
    return [{ file: file!, line: Number(row), column: Number(column), ...within }];
  });
}

/** `file.ts:12 (name)`. */
export function formatSourcePlace(place: SourcePlace): string {
  const name = place.file.slice(place.file.lastIndexOf("/") + 1);
  return `${name}:${place.line}${place.within === undefined ? "" : ` (${place.within})`}`;
}

import { compile, type ProgramImage } from "./assemble.js";
import { AssemblyError } from "./assembly-error.js";
import type { ProgramItem } from "./instruction.js";
import type { MapSpec } from "./map-spec.js";

/** Program types (enum bpf_prog_type, linux/bpf.h). */
export const programType = { socketFilter: 1, schedCls: 3, xdp: 6, cgroupSkb: 8 } as const;
/** Where a link attaches (enum bpf_attach_type). */
export const attachType = { xdp: 37, tcxIngress: 46, tcxEgress: 47 } as const;

/** A program and all that it needs, as plain data: what is needed to load it, and nothing of a kernel. */
export interface ProgramSpec {
  readonly name: string;
  readonly type: (typeof programType)[keyof typeof programType];
  readonly attach?: (typeof attachType)[keyof typeof attachType];
  readonly image: ProgramImage;
  /** The maps it names, in the order of their names. */
  readonly maps: readonly MapSpec[];
  /** The kernel functions and variables it names, in order. */
  readonly kernelFunctions: readonly string[];
  readonly kernelVariables: readonly string[];
}

function namesOf(image: ProgramImage, ...kinds: ProgramImage["relocations"][number]["kind"][]): string[] {
  const names = image.relocations.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
  return [...new Set(names)].sort();
}

/**
 * Makes a program's specification; of `maps` it takes those that the program names. The same items give the same specification, byte for
 * byte. Throws `AssemblyError`, also for a map that is not among `maps`.
 */
export function programSpec(
  name: string,
  { type, attach }: Pick<ProgramSpec, "type" | "attach">,
  items: readonly ProgramItem[],
  maps: readonly MapSpec[] = [],
): ProgramSpec {
  const image = compile(items);
  return {
    name,
    type,
    ...(attach === undefined ? {} : { attach }),
    image,
    maps: namesOf(image, "map", "map-value").map((wanted) => {
      const found = maps.filter((map) => map.name === wanted);
      if (found.length !== 1) throw new AssemblyError(`map ${wanted} is specified ${found.length} times`);
      return found[0]!;
    }),
    kernelFunctions: namesOf(image, "kfunc"),
    kernelVariables: namesOf(image, "ksym"),
  };
}

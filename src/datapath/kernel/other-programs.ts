import { ForwardPart } from "#bpf/forward/layout.js";
import { otherOperations } from "#bpf/forward/other-operations.js";
import { partProgram } from "#bpf/forward/part-program.js";
import { W } from "#flow/layout.js";
import type { ForwardMaps } from "#host/forward-maps.js";

/** Loads the part that does rare operations. Undefined, or why flows that need it stay with the threads. */
export function loadOthers(maps: ForwardMaps, warn: (text: string) => void): string | undefined {
  const { processors, kernelSkb } = maps;
  try {
    maps.loadPart(ForwardPart.others, () =>
      partProgram(processors, otherOperations({ words: W, kernelSkb, processors })),
    );
    return undefined;
  } catch (error) {
    warn(`flows with rare actions stay out of the kernel: ${String(error)}`);
    return "the kernel does not take what it needs";
  }
}

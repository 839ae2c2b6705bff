import { dropProgram } from "#bpf/capture-program.js";
import { programType } from "#bpf/program-spec.js";
import { attachClsact } from "./bpf/clsact.js";
import { loadProgram } from "./bpf/program.js";
import { refuseWithout } from "./bpf/without.js";
import type { Hide } from "./hidden.js";
import * as sys from "./syscalls.js";

/** A dropping program as a clsact filter, for kernels before 6.6. Unlike the other ways it outlives a killed process. */
export const hideByClsact: Hide = (name, ifindex) => {
  refuseWithout("clsact");
  const program = loadProgram({ type: programType.schedCls, items: dropProgram(), name: "weft_drop" });
  try {
    const filter = attachClsact(program, ifindex, "ingress", { name: "weft_drop", link: name });
    return { hidden: { by: "clsact" }, link: -1, program: -1, release: () => filter.detach() };
  } finally {
    sys.close(program);
  }
};

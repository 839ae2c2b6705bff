import { dropProgram } from "#bpf/capture-program.js";
import { attachType, programType } from "#bpf/program-spec.js";
import { attachTcx } from "./bpf/link.js";
import { loadProgram } from "./bpf/program.js";
import { refuseWithout } from "./bpf/without.js";
import type { Hidden, Hide } from "./hidden.js";
import * as sys from "./syscalls.js";

/** A BPF program at the link's tcx ingress (Linux 6.6). It goes with its descriptor, however the process ends, unless it is pinned. */
export const hideByTcx: Hide = (_name, ifindex) =>
  hideBy((program) => attachTcx(program, ifindex, attachType.tcxIngress));

/** As `hideByTcx`, where the link is there already, with whatever program it has. Takes its descriptor over. */
export function hideByLink(link: number): Hidden {
  try {
    return hideBy(() => link);
  } catch (error) {
    sys.close(link);
    throw error;
  }
}

function hideBy(attach: (program: number) => number): Hidden {
  refuseWithout("tcx");
  const program = loadProgram({
    type: programType.schedCls,
    attach: attachType.tcxIngress,
    items: dropProgram(),
    name: "weft_drop",
  });
  try {
    const link = attach(program);
    const release = (): void => {
      sys.close(link);
      sys.close(program);
    };
    return { hidden: { by: "tcx" }, link, program, release };
  } catch (error) {
    sys.close(program);
    throw error;
  }
}

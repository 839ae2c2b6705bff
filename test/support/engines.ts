import { lackingForKernelEngine } from "#host/linux/bpf/probes.js";
import { describeWith, type Need, root } from "./needs.js";
import type { WeftHost } from "./weft-host.js";

/** Has a host's bridges of datapath_type=system forward by one of the engines. */
type ChooseEngine = (host: WeftHost) => void;

function kernelEngine(): Need {
  const lacking = root.met ? lackingForKernelEngine() : [];
  return { name: `a kernel that forwards (${lacking.join("; ")})`, met: lacking.length === 0 };
}

/** `describeWith`, once for each engine; where the kernel cannot be one, its turn is skipped with the reason in its title. */
export function describeEngines(needs: readonly Need[], title: string, body: (choose: ChooseEngine) => void): void {
  const chosen =
    (isInKernel: boolean): ChooseEngine =>
    (host) =>
      void host.vsctl("set", "Open_vSwitch", ".", `other_config:weft-kernel-engine=${isInKernel}`);
  describeWith([...needs, kernelEngine()], `${title} (kernel engine)`, () => body(chosen(true)));
  describeWith(needs, `${title} (userspace engine)`, () => body(chosen(false)));
}

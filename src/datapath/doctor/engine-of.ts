import type { Datapath } from "../datapath.js";
import type { KernelTable } from "../kernel/kernel-table.js";
import { UserspaceDatapath } from "../userspace/userspace-datapath.js";

/** Which engine forwards a datapath's packets. */
export type EngineChoice = {
  readonly engine: "kernel" | "userspace";
  /** Why it is not the kernel engine; empty where it is. */
  readonly reason: string;
};

/** The table of the flows in the kernel, where there is one. */
export function kernelTableOf(dp: Datapath): KernelTable | undefined {
  return dp instanceof UserspaceDatapath ? dp.engine.kernel?.table : undefined;
}

export function engineOf(dp: Datapath): EngineChoice {
  if (kernelTableOf(dp)) return { engine: "kernel", reason: "" };
  const side = dp instanceof UserspaceDatapath ? dp.engine.kernel : undefined;
  return { engine: "userspace", reason: side?.reason ?? `datapath_type=${dp.type} is for it alone` };
}

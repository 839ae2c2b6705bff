import type { Rules } from "../../differential/conntrack/tracker.js";
import type { Judged } from "./kernel-tracker.js";

/** A packet by the port it comes in by. */
export interface Sent {
  readonly port: 1 | 2;
  readonly frame: Uint8Array;
}

/** What came of the steps before. */
export type History = readonly (readonly Judged[])[];

/** A packet, or one that depends on what came of those before. */
export type KernelStep = Sent | ((history: History) => Sent);

/** The same rules in two languages, and packets. */
export interface KernelScenario {
  readonly name: string;
  /** Chains for the kernel's table. */
  readonly kernel?: string;
  /** Words of an `ip` command that is done before. */
  readonly setup?: string;
  readonly ours?: Rules;
  readonly steps: readonly KernelStep[];
  /** Of packets whose translation each side may choose: what must be true of what came of the steps. Their bytes are then not compared. */
  readonly holds?: (history: History) => void;
}

export const c = (frame: Uint8Array): Sent => ({ port: 1, frame });
export const s = (frame: Uint8Array): Sent => ({ port: 2, frame });

/** Both directions commit, as the kernel does by itself. */
export const plain: Rules = { fromClient: "ct(commit)", fromServer: "ct(commit)" };

/** Rules that translate new connections of the client's, `ours` being the inside of `nat(…)`, `kernel` an nft statement. */
export function translating(ours: string, kernel: string): Pick<KernelScenario, "kernel" | "ours"> {
  const hook = ours.startsWith("src") ? "postrouting priority 100" : "prerouting priority -100";
  const where = ours.startsWith("src") ? "oifname wfc2" : "iifname wfc1";
  return {
    kernel: `chain nat { type nat hook ${hook}; ${where} ${kernel}; }`,
    ours: { fromClient: `ct(commit,nat(${ours}))`, fromServer: "ct(commit,nat)" },
  };
}

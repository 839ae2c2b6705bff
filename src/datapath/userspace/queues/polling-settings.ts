import { type AssignMode, parseCpuMask } from "./place-queues.js";

/** When queues are given to threads anew by themselves: `pmd-auto-lb`. */
interface AutoBalance {
  /** Minutes from one time to the next. */
  readonly interval: number;
  /** Percent of its time that a thread must be busy. */
  readonly load: number;
  /** Percent by which the variance of loads must get smaller. */
  readonly improvement: number;
}

/** What Open_vSwitch:other_config says of forwarding threads and of the queues that they poll. */
export interface PollingSettings {
  /** Cores of `pmd-cpu-mask`, whether they exist or not; none without it. */
  readonly cores: readonly number[];
  readonly mode: AssignMode;
  /** `pmd-rxq-affinity` isolates the cores that it names. */
  readonly isolates: boolean;
  /** Undefined where it is off. */
  readonly balance: AutoBalance | undefined;
}

/** What is to be told of settings when they change, in Open vSwitch's words. */
export interface PollingRemark {
  readonly level: "info" | "warn";
  readonly text: string;
}

const modes: ReadonlySet<string> = new Set<AssignMode>(["cycles", "roundrobin", "group"]);

function integer(text: string | undefined, fallback: number, most: number): number {
  const value = /^\d+$/.test(text ?? "") ? Number(text) : fallback;
  return value > most ? fallback : value;
}

/** Reads the settings, and says what is wrong with them. */
export function readPollingSettings(options: ReadonlyMap<string, string>): PollingSettings & {
  readonly faults: readonly string[];
} {
  const faults: string[] = [];
  const asked = options.get("pmd-rxq-assign") ?? "cycles";
  if (!modes.has(asked)) {
    faults.push("Unsupported rx queue to PMD assignment mode in pmd-rxq-assign. Defaulting to 'cycles'.");
  }
  const mode = modes.has(asked) ? (asked as AssignMode) : "cycles";
  const mayShare = options.get("pmd-rxq-isolate") === "false";
  if (mayShare && mode !== "group") {
    faults.push("pmd-rxq-isolate can only be set false when using pmd-rxq-assign=group");
  }
  const mask = options.get("pmd-cpu-mask") ?? "";
  const cores = parseCpuMask(mask);
  if (cores === undefined) faults.push(`Invalid cpu mask: ${/[^0-9a-fA-F]/.exec(mask.replace(/^0[xX]/, ""))?.[0]}`);
  const balance: AutoBalance = {
    interval: integer(options.get("pmd-auto-lb-rebal-interval"), 1, 20_000) || 1,
    load: integer(options.get("pmd-auto-lb-load-threshold"), 95, 100),
    improvement: integer(options.get("pmd-auto-lb-improvement-threshold"), 25, 100),
  };
  return {
    cores: cores ?? [],
    mode,
    isolates: !(mayShare && mode === "group"),
    balance: options.get("pmd-auto-lb") === "true" ? balance : undefined,
    faults,
  };
}

/** What a change of settings is told by. */
export function remarksOn(before: PollingSettings, now: PollingSettings): PollingRemark[] {
  const remarks: PollingRemark[] = [];
  const info = (text: string): void => void remarks.push({ level: "info", text });
  if (before.mode !== now.mode) info(`Rxq to PMD assignment mode changed to: '${now.mode}'.`);
  if (before.isolates !== now.isolates) {
    info(`pmd-rxq-affinity ${now.isolates ? "isolates" : "does not isolate"} PMD core`);
  }
  const { balance } = now;
  if (JSON.stringify(before.balance) !== JSON.stringify(balance)) {
    if (balance === undefined) info("PMD auto load balance is disabled.");
    else {
      const { interval, load, improvement } = balance;
      info(
        `PMD auto load balance is enabled, interval ${interval} mins, pmd load threshold ${load}%, improvement threshold ${improvement}%.`,
      );
    }
  }
  return remarks;
}

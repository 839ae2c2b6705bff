import type { Log } from "#runtime/logger.js";
import { signalNumber, signalText } from "#runtime/signal-text.js";
import type { ToolIo } from "./io.js";

/** Has a tool that goes on end by a signal as upstream's do: the log tells, then `beforeEnd` is done. */
export function handleSignals({ host }: ToolIo, log: Log, beforeEnd: () => void): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    host.process.onSignal(signal, () => {
      log.module("fatal_signal").warn(`terminating with signal ${signalNumber(signal)} (${signalText(signal)})`);
      beforeEnd();
      host.process.dieBySignal(signal);
    });
  }
}

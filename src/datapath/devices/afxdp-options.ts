import type { XdpMode } from "#host/net.js";
import { wantedQueues } from "./wanted-queues.js";

/** Interface:options of an AF_XDP port. */
export interface AfxdpOptions {
  readonly queues: number;
  readonly mode: "best-effort" | XdpMode;
  readonly needWakeup: boolean;
}

/** From fast to slow. */
const modes: readonly XdpMode[] = ["native-with-zerocopy", "native", "generic"];

/** Modes to try, in order. */
export function modesOf({ mode }: AfxdpOptions): readonly XdpMode[] {
  return mode === "best-effort" ? modes : [mode];
}

/** Reads `n_rxq`, `xdp-mode` and `use-need-wakeup`; the text of what is wrong for a mode that there is not. */
export function readAfxdpOptions(options: ReadonlyMap<string, string>): AfxdpOptions | string {
  const mode = options.get("xdp-mode") ?? "best-effort";
  if (mode !== "best-effort" && !(modes as readonly string[]).includes(mode)) return `Incorrect xdp-mode (${mode}).`;
  return {
    queues: wantedQueues(options),
    mode: mode as AfxdpOptions["mode"],
    needWakeup: options.get("use-need-wakeup") !== "false",
  };
}

import { UserError } from "#util/errors.js";
import type { AppctlCommand } from "./command.js";
import type { WarpClock } from "./warp-clock.js";

function milliseconds(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value <= 0) throw new UserError("invalid MSECS");
  return value;
}

/** `time/stop` and `time/warp`, which `--enable-dummy` brings. */
export function timeCommands(clock: WarpClock): AppctlCommand[] {
  return [
    {
      name: "time/stop",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run() {
        clock.stop();
        return "";
      },
    },
    {
      name: "time/warp",
      usage: "[large_msecs] msecs",
      minArgs: 1,
      maxArgs: 2,
      async run(args) {
        const total = milliseconds(args[0]!);
        await clock.warp(total, args[1] === undefined ? total : milliseconds(args[1]));
        return "warped";
      },
    },
  ];
}

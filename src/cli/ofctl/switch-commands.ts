import type { Body } from "#openflow/messages/table.js";
import type { OfctlCommand } from "./ofctl-command.js";
import { printMessage } from "./print-message.js";
import { withSwitch } from "./switch.js";

/** Asks one thing of a switch and prints the reply, every part of it. */
function dump(name: string, body: Body, isMultipart = true): OfctlCommand {
  return {
    name,
    usage: "switch",
    minArgs: 1,
    maxArgs: 1,
    readOnly: true,
    run: ([target = ""], context) =>
      withSwitch(target, context, async (on) => {
        const verbosity = context.settings.verbosity + 1;
        if (!isMultipart) printMessage(await on.request(body), context, verbosity);
        else for await (const part of on.replies(body)) printMessage(part, context, verbosity);
      }),
  };
}

/** Commands that ask a switch one thing. */
export const switchCommands: readonly OfctlCommand[] = [
  dump("probe", { kind: "echo_request", data: new Uint8Array(0) }, false),
];

import type { Body } from "#openflow/messages/table.js";
import type { OfctlContext } from "./ofctl-command.js";
import { printMessage } from "./print-message.js";
import type { Switch } from "./switch.js";
import { namesToShow } from "./switch-ports.js";

/** Asks by a multipart request, and prints every part of the reply, with the names of ports where these are to be shown. */
export async function printReplies(on: Switch, body: Body, context: OfctlContext): Promise<void> {
  const parts: Uint8Array[] = [];
  for await (const part of on.replies(body)) parts.push(part);
  const names = await namesToShow(on.name, context);
  for (const part of parts) printMessage(part, context, context.settings.verbosity + 1, names);
}

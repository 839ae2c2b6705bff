import { type FlowPalette, paintFlow, paintFlowMod } from "#openflow/flow-colors.js";
import { decodeMessage } from "#openflow/messages/codec.js";
import { messageToJson } from "#openflow/messages/json.js";
import type { MessageTextOptions } from "#openflow/messages/message.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import { OfpError } from "#openflow/ofp-error.js";
import type { Json } from "#util/json.js";
import { complaints } from "./complaints.js";
import type { OfctlContext } from "./ofctl-command.js";

/** One message as text, or as a line of JSON. Ends with a line end. */
export function messageText(
  bytes: Uint8Array,
  { log, settings, palette }: OfctlContext,
  verbosity: number,
  names: Omit<MessageTextOptions, "verbosity"> = {},
): string {
  const warn = complaints({ log });
  if (settings.json) return `${JSON.stringify(toJson(bytes, warn))}\n`;
  const text = formatMessageBytes(bytes, { ...names, verbosity, warn });
  return palette === undefined ? text : paintFlows(text, palette);
}

/** Of all messages, those of flows have colours. */
function paintFlows(text: string, palette: FlowPalette): string {
  if (/^(OFPST|NXST)_FLOW reply/.test(text)) {
    return text.replace(/^ .*actions=.*$/gm, (line) => paintFlow(line, palette));
  }
  if (/^(OFPT|NXT)_FLOW_MOD /.test(text)) return text.replace(/^.*$/m, (line) => paintFlowMod(line, palette));
  return text;
}

/** Writes one message to standard output. */
export function printMessage(
  bytes: Uint8Array,
  context: OfctlContext,
  verbosity: number,
  names: Omit<MessageTextOptions, "verbosity"> = {},
): void {
  context.io.stdout(messageText(bytes, context, verbosity, names));
}

function toJson(bytes: Uint8Array, warn: (module: string, text: string) => void): Json {
  try {
    return messageToJson(decodeMessage(bytes, warn));
  } catch (error) {
    if (!(error instanceof OfpError)) throw error;
    return { error: error.error };
  }
}

import { HEADER_LENGTH, readHeader } from "#openflow/header.js";
import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import { MessagePrinter } from "./message-printer.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { printMessage } from "./print-message.js";

/** The bytes of pairs of hexadecimal digits, before which blanks and dots may stand. Throws `UserError` with `garbage`. */
export function parseHex(text: string, garbage: string = "trailing garbage following hex bytes"): Uint8Array {
  if (!/^([\s.]*[0-9a-fA-F]{2})*[\s.]*$/.test(text)) throw new UserError(garbage);
  return new Uint8Array(Buffer.from(text.replace(/[\s.]/g, ""), "hex"));
}

const ofpPrint: OfctlCommand = {
  name: "ofp-print",
  usage: "",
  minArgs: 1,
  maxArgs: 2,
  readOnly: true,
  run: ([text = "", verbosity], context) => {
    const bytes = parseHex(text);
    if (bytes.length === 0) context.io.stdout("OpenFlow message is empty\n");
    else printMessage(bytes, context, Number.parseInt(verbosity ?? "", 10) || context.settings.verbosity);
    return 0;
  },
};

async function readBytes(name: string, { io, absolute }: OfctlContext): Promise<Uint8Array> {
  if (name === "-") return io.stdinBytes();
  try {
    return io.host.files.read(absolute(name));
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new UserError(`${name}: open (${errnoText(error.code)})`);
  }
}

const ofpParse: OfctlCommand = {
  name: "ofp-parse",
  usage: "file",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: async ([name = ""], context) => {
    const bytes = await readBytes(name, context);
    const printer = new MessagePrinter(context, context.settings.verbosity);
    try {
      for (let at = 0; at < bytes.length; ) {
        const left = bytes.length - at;
        const length = left < HEADER_LENGTH ? undefined : readHeader(bytes, at).length;
        if (length !== undefined && length < HEADER_LENGTH) {
          throw new UserError(`${name}: ${length}-byte message is too short for OpenFlow`);
        }
        if (length === undefined || length > left) throw new UserError(`${name}: unexpected end of file mid-message`);
        printer.print(bytes, at, at + length);
        at += length;
      }
    } finally {
      printer.flush();
    }
    return 0;
  },
};

/** Commands that print messages they are given. */
export const printCommands: readonly OfctlCommand[] = [ofpParse, ofpPrint];

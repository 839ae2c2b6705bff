import { encodeErrorReply } from "#openflow/error-message.js";
import type { ErrorName } from "#openflow/errors/error-row.js";
import { errorNumbers, isErrorName } from "#openflow/errors/table.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { flowModsOfFile } from "#openflow/flow-text-file.js";
import { HEADER_LENGTH, readHeader } from "#openflow/header.js";
import { encodeHello, versionsOf } from "#openflow/hello.js";
import { parseKeyValues } from "#openflow/key-value.js";
import { encodeMessage } from "#openflow/messages/codec.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { bareHexDump } from "#openflow/messages/hex-dump.js";
import {
  firstProtocol,
  formatProtocols,
  type Protocol,
  type ProtocolSet,
  ProtocolSets,
  protocols,
} from "#openflow/protocol.js";
import { FlowReader } from "#openflow/templates/flow-reader.js";
import { OutputBuffer } from "#openflow/templates/output-buffer.js";
import { type Version, versionName, versions } from "#openflow/version.js";
import { put32 } from "#util/big-endian.js";
import { UserError } from "#util/errors.js";
import { hex } from "#util/hex.js";
import { complaints } from "./complaints.js";
import { MessagePrinter } from "./message-printer.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { parseHex } from "./print-commands.js";
import { printMessage } from "./print-message.js";
import { readTextBytes } from "./text-file.js";

/** The protocols that the options allow. */
function allowed({ settings }: OfctlContext): ProtocolSet {
  const spoken = protocols.reduce((set, p) => ((settings.versions & (1 << p.version)) === 0 ? set : set | p.bit), 0);
  return spoken & settings.protocols;
}

/** Prints flow mods as the messages they would be. Throws `UserError` where nothing can say them. */
function printFlowMods(flowMods: readonly FlowMod[], usable: ProtocolSet, context: OfctlContext): void {
  const { io, settings } = context;
  if (!settings.json) io.stdout(`usable protocols: ${formatProtocols(usable)}\n`);
  const protocol = firstProtocol(usable & allowed(context));
  if (protocol === undefined) throw new UserError("no usable protocol");
  if (!settings.json) io.stdout(`chosen protocol: ${protocol.name}\n`);
  for (const flowMod of flowMods) {
    const bytes = encodeMessage(flowMod, protocol.version, context.xids.next(), { protocol });
    printMessage(bytes, context, settings.verbosity);
  }
}

/**
 * Prints the flow mods of a file. They become bytes one by one, in the protocol that the first ones allow: a file may have very many. Where all
 * together allow another only, they are read once more.
 */
function printFlowFile(text: Uint8Array, file: string, context: OfctlContext): void {
  const { io, settings } = context;
  const wanted = allowed(context);
  let usable: ProtocolSet = ProtocolSets.any;
  let protocol: Protocol | undefined;
  const encodeAll = (warn: ReturnType<typeof complaints>): OutputBuffer => {
    const out = new OutputBuffer(2 * text.length);
    let reader: FlowReader | undefined;
    const take = (start: number, end: number): boolean => {
      const known = reader?.read(text, start, end, out);
      if (known === undefined) return false;
      usable &= known;
      return true;
    };
    for (const { flowMod, usable: one } of flowModsOfFile(text, file, "add", { warn }, take)) {
      usable &= one;
      protocol ??= firstProtocol(usable & wanted);
      if (protocol === undefined || (usable & protocol.bit) === 0) continue;
      reader ??= new FlowReader(protocol, "add");
      out.append(encodeMessage(flowMod, protocol.version, 0, { protocol }));
    }
    return out;
  };
  let encoded = encodeAll(complaints(context));
  if (!settings.json) io.stdout(`usable protocols: ${formatProtocols(usable)}\n`);
  const chosen = firstProtocol(usable & wanted);
  if (chosen === undefined) throw new UserError("no usable protocol");
  if (!settings.json) io.stdout(`chosen protocol: ${chosen.name}\n`);
  if (chosen !== protocol) {
    protocol = chosen;
    encoded = encodeAll(() => {});
  }
  const printer = new MessagePrinter(context, settings.verbosity);
  const { bytes } = encoded;
  for (let at = 0; at < encoded.length; ) {
    const end = at + readHeader(bytes, at).length;
    put32(bytes, at + XID, context.xids.next());
    printer.print(bytes, at, end);
    at = end;
  }
  printer.flush();
}

/** Where a message has its number. */
const XID = 4;

const parseFlow: OfctlCommand = {
  name: "parse-flow",
  usage: "",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: ([text = ""], context) => {
    const { flowMod, usable } = parseFlowMod(text, "add", { warn: complaints(context) });
    printFlowMods([flowMod], usable, context);
    return 0;
  },
};

const parseFlows: OfctlCommand = {
  name: "parse-flows",
  usage: "",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: async ([file = ""], context) => {
    const text = await readTextBytes(file, context);
    printFlowFile(text, file, context);
    return 0;
  },
};

const parseGroup: OfctlCommand = {
  name: "parse-group",
  usage: "",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: ([text = ""], context) => {
    const { io, settings } = context;
    const { groupMod, usable } = parseGroupMod(text, "add");
    if (!settings.json) io.stdout(`usable protocols: ${formatProtocols(usable)}\n`);
    const protocol = firstProtocol(usable & allowed(context));
    if (protocol === undefined) throw new UserError("no usable protocol");
    if (!settings.json) io.stdout(`chosen version: ${versionName(protocol.version)}\n`);
    const bytes = encodeMessage(groupMod, protocol.version, context.xids.next(), { protocol });
    printMessage(bytes, context, settings.verbosity + 1);
    return 0;
  },
};

const parseKeyValue: OfctlCommand = {
  name: "parse-key-value",
  usage: "",
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  readOnly: true,
  run: (texts, { io, settings }) => {
    for (const text of texts) {
      if (settings.json) {
        io.stdout(`${JSON.stringify(parseKeyValues(text).map(({ key, value }) => ({ key, value })))}\n`);
        continue;
      }
      const words = parseKeyValues(text).map(({ key, value }) => (value === "" ? key : `${key}=${value}`));
      io.stdout(`${words.join(", ")}\n`);
    }
    return 0;
  },
};

/** The error of a name. Throws `UserError`. */
function readErrorName(name: string): ErrorName {
  if (!isErrorName(name)) throw new UserError(`unknown error "${name}"`);
  return name;
}

const printError: OfctlCommand = {
  name: "print-error",
  usage: "",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: ([name = ""], { io, settings }) => {
    const error = readErrorName(name);
    for (const version of versions) {
      const numbers = errorNumbers(error, version);
      if (numbers === undefined) continue;
      const { vendor, type, code } = numbers;
      if (settings.json) {
        io.stdout(`${JSON.stringify({ version: versionName(version), vendor, type, code })}\n`);
        continue;
      }
      const told = vendor !== 0 ? `0x${vendor.toString(16)}` : String(vendor);
      io.stdout(`OpenFlow 1.${version - 1}: vendor ${told}, type ${type}, code ${code}\n`);
    }
    return 0;
  },
};

const encodeErrorReplyCommand: OfctlCommand = {
  name: "encode-error-reply",
  usage: "",
  minArgs: 2,
  maxArgs: 2,
  readOnly: true,
  run: ([name = "", text = ""], { io, settings }) => {
    const error = readErrorName(name);
    const request = parseHex(text);
    if (request.length < HEADER_LENGTH) throw new UserError("Request too short");
    const { version } = readHeader(request);
    const reply = encodeErrorReply(error, version as Version, request);
    io.stdout(settings.json ? `${JSON.stringify({ message: hex(reply) })}\n` : bareHexDump(reply));
    return 0;
  },
};

const encodeHelloCommand: OfctlCommand = {
  name: "encode-hello",
  usage: "",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: ([text = ""], context) => {
    const bitmap = Number(text) >>> 0;
    if (versionsOf(bitmap).length === 0) throw new UserError(`${text}: no bit of an OpenFlow version`);
    const bytes = encodeHello(bitmap, context.xids.next());
    if (!context.settings.json) context.io.stdout(bareHexDump(bytes));
    printMessage(bytes, context, 0);
    return 0;
  },
};

/** Commands that read texts and show what they mean; what upstream's tests are made with. */
export const parseCommands: readonly OfctlCommand[] = [
  parseFlow,
  parseFlows,
  parseGroup,
  parseKeyValue,
  printError,
  encodeErrorReplyCommand,
  encodeHelloCommand,
];

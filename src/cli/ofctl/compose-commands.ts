import { composeFrame } from "#flow/compose.js";
import { extractKey } from "#flow/extract.js";
import { keysEqual, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { parseMatch } from "#openflow/match-parse.js";
import { formatFlow } from "#openflow/match-text.js";
import { bareHexDump } from "#openflow/messages/hex-dump.js";
import { formatPacket } from "#openflow/packet-text.js";
import { OFPP } from "#openflow/port-number.js";
import { UserError } from "#util/errors.js";
import { hex } from "#util/hex.js";
import { pcapHeader, pcapRecord } from "#wire/pcap-writer.js";
import type { OfctlCommand } from "./ofctl-command.js";
import { parseHex } from "./print-commands.js";

/** Makes a packet of which the fields given are read again. */
export const composePacket: OfctlCommand = {
  name: "compose-packet",
  usage: "",
  minArgs: 1,
  maxArgs: 2,
  readOnly: true,
  run: ([text = "", payload], { io, settings }) => {
    if (settings.pcap && io.stdoutIsTerminal) {
      throw new UserError(
        "not writing pcap data to stdout; redirect to a file or pipe to tcpdump instead (Operation not permitted)",
      );
    }
    const key = keyOf(text);
    const l7 =
      payload === undefined ? {} : { payload: parseHex(payload, `${payload}: trailing garbage in packet data`) };
    const frame = composeFrame(key, l7);
    const read = newKey();
    read[W.inPort] = OFPP.none;
    extractKey(frame, 0, frame.length, read, read, newLayers());
    const isSame = keysEqual(key, read);
    if (!isSame) {
      const [specified, extracted] = [formatFlow(key), formatFlow(read)];
      io.stderr(`specified and extracted flows differ:\nspecified: ${specified}\nextracted: ${extracted}`);
    }
    if (settings.pcap) {
      io.host.process.stdoutBytes(pcapHeader());
      io.host.process.stdoutBytes(pcapRecord(frame, io.host.clock.wall()));
    } else if (settings.json) io.stdout(`${JSON.stringify({ packet: hex(frame), flow: formatPacket(frame) })}\n`);
    else io.stdout(bareHexDump(frame));
    return isSame ? 0 : 1;
  },
};

function keyOf(text: string): Uint32Array {
  try {
    const { key } = parseMatch(text);
    if (key[W.inPort] === 0) key[W.inPort] = OFPP.none;
    return key;
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${text}: ${error.message}`) : error;
  }
}

/** Shows the fields of the packet that comes as it is. */
export const parsePacketCommand: OfctlCommand = {
  name: "parse-packet",
  usage: "",
  minArgs: 0,
  maxArgs: 0,
  readOnly: true,
  run: async (_args, { io, settings }) => {
    const text = formatPacket(await io.stdinBytes());
    io.stdout(settings.json ? `${JSON.stringify({ flow: text })}\n` : `${text}\n`);
    return 0;
  },
};

import { parseOnlyActions } from "#openflow/actions/parse.js";
import { actionProtocols } from "#openflow/actions/protocols.js";
import { parseBundleFile } from "#openflow/messages/bundle/bundle-file-parse.js";
import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import { portMatch } from "#openflow/messages/packet/packet-in.js";
import { parsePacketOut } from "#openflow/messages/packet/packet-out-parse.js";
import { protocolsOfVersions } from "#openflow/protocol.js";
import { OF14, OF15 } from "#openflow/version.js";
import { UserError } from "#util/errors.js";
import { unhex } from "#util/hex.js";
import { bundleSettings, sendBundle } from "./bundle.js";
import { openForFlows } from "./flow-protocol.js";
import type { OfctlCommand } from "./ofctl-command.js";
import { namesToAccept } from "./switch-names.js";
import { portNumberOf } from "./switch-ports.js";
import { readTextFile } from "./text-file.js";

const packetOut: OfctlCommand = {
  name: "packet-out",
  usage: 'switch "in_port=<port> packet=<hex data> actions=..."',
  minArgs: 2,
  maxArgs: Number.POSITIVE_INFINITY,
  readOnly: false,
  run: async ([name = "", ...words], context) => {
    if (words.length === 1) {
      const { packetOut: body, usable } = parsePacketOut(words[0]!, await namesToAccept(name, context));
      const on = await openForFlows(name, context, usable);
      try {
        await on.tell(body);
      } finally {
        on.close();
      }
      return 0;
    }
    const [port = "", text = "", ...packets] = words;
    if (packets.length === 0) throw new UserError(`Too many arguments (${words.length + 2})`);
    const actions = parseOnlyActions(text, await namesToAccept(name, context));
    const match = portMatch(await portNumberOf(name, port, context));
    const on = await openForFlows(name, context, actionProtocols(actions));
    try {
      for (const packet of packets) {
        const data = unhex(packet.replace(/\s/g, ""));
        if (data === undefined) throw new UserError("Trailing garbage in packet data");
        await on.tell({ kind: "packet_out", bufferId: NO_BUFFER, data, match, actions });
      }
    } finally {
      on.close();
    }
    return 0;
  },
};

const bundle: OfctlCommand = {
  name: "bundle",
  usage: "switch file",
  minArgs: 2,
  maxArgs: 2,
  readOnly: false,
  run: async ([name = "", file = ""], context) => {
    const names = await namesToAccept(name, context);
    const { messages, usable } = parseBundleFile(await readTextFile(file, context), file, names);
    const on = await openForFlows(name, bundleSettings(context), usable & protocolsOfVersions(OF14, OF15));
    try {
      await sendBundle(on, messages, context);
    } finally {
      on.close();
    }
    return 0;
  },
};

/** Commands that send packets, or anything that may be in a bundle. */
export const packetCommands: readonly OfctlCommand[] = [packetOut, bundle];

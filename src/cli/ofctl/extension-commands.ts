import { parseCtFlush } from "#openflow/messages/connection/ct-flush-parse.js";
import { parseTlvMaps } from "#openflow/messages/connection/tlv-maps-parse.js";
import type { TlvMap } from "#openflow/messages/connection/tlv-table.js";
import { ProtocolSets } from "#openflow/protocol.js";
import { UserError } from "#util/errors.js";
import { openForFlows } from "./flow-protocol.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { printMessage } from "./print-message.js";
import { withSwitch } from "./switch.js";

/** Sends a change of the tunnel options' table. */
async function changeTlvTable(
  name: string,
  command: "add" | "delete" | "clear",
  mappings: readonly TlvMap[],
  context: OfctlContext,
): Promise<number> {
  const on = await openForFlows(name, context, ProtocolSets.nxm | ProtocolSets.oxm);
  try {
    await on.tell({ kind: "tlv_table_mod", command, mappings });
  } finally {
    on.close();
  }
  return 0;
}

const addTlvMap: OfctlCommand = {
  name: "add-tlv-map",
  usage: "switch map",
  minArgs: 2,
  maxArgs: 2,
  readOnly: false,
  run: ([name = "", text = ""], context) => changeTlvTable(name, "add", parseTlvMaps(text), context),
};

const delTlvMap: OfctlCommand = {
  name: "del-tlv-map",
  usage: "switch [map]",
  minArgs: 1,
  maxArgs: 2,
  readOnly: false,
  run: ([name = "", text], context) =>
    text === undefined
      ? changeTlvTable(name, "clear", [], context)
      : changeTlvTable(name, "delete", parseTlvMaps(text), context),
};

const dumpTlvMap: OfctlCommand = {
  name: "dump-tlv-map",
  usage: "switch",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: ([name = ""], context) =>
    withSwitch(name, context, async (on) => {
      printMessage(await on.request({ kind: "tlv_table_request" }), context, context.settings.verbosity + 1);
    }),
};

const ctFlushZone: OfctlCommand = {
  name: "ct-flush-zone",
  usage: "switch zone",
  minArgs: 2,
  maxArgs: 2,
  readOnly: false,
  run: ([name = "", word = ""], context) => {
    const zone = /^\s*\+?(0[xX][0-9a-fA-F]+|\d+)$/.test(word) ? Number(word) : 0x1_0000;
    if (zone > 0xffff) throw new UserError(`invalid zone_id "${word}"`);
    return withSwitch(name, context, (on) => on.tell({ kind: "ct_flush_zone", zone }));
  },
};

const ctFlush: OfctlCommand = {
  name: "ct-flush",
  usage: "switch [zone=N] [ct-orig-tuple [ct-reply-tuple]]",
  minArgs: 1,
  maxArgs: 4,
  readOnly: false,
  run: ([name = "", ...words], context) => {
    const body = parseCtFlush(words);
    return withSwitch(name, context, (on) => on.tell(body));
  },
};

/** Commands of Nicira's extensions. */
export const extensionCommands: readonly OfctlCommand[] = [addTlvMap, delTlvMap, dumpTlvMap, ctFlushZone, ctFlush];

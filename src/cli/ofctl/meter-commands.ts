import type { MeterCommand } from "#openflow/messages/meter/meter-mod.js";
import { parseMeterMod } from "#openflow/messages/meter/meter-mod-parse.js";
import { OFPM } from "#openflow/messages/meter/meter-number.js";
import type { Body } from "#openflow/messages/table.js";
import { protocolsOfVersions } from "#openflow/protocol.js";
import { OF13, OF15 } from "#openflow/version.js";
import { openForFlows } from "./flow-protocol.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { printMessage } from "./print-message.js";

const usable = protocolsOfVersions(OF13, OF15);

/** A command that changes meters. */
function meterModCommand(name: string, usage: string, minArgs: number, command: MeterCommand): OfctlCommand {
  return {
    name,
    usage,
    minArgs,
    maxArgs: 2,
    readOnly: false,
    run: async ([target = "", text], context) => {
      const body: Body =
        text === undefined && command === "delete"
          ? { kind: "meter_mod", command, meter: { meterId: OFPM.all, flags: 0, bands: [] } }
          : parseMeterMod(text ?? "", command).meterMod;
      const on = await openForFlows(target, context, usable);
      try {
        await on.tell(body);
        return 0;
      } finally {
        on.close();
      }
    },
  };
}

async function printMeters(name: string, body: Body, context: OfctlContext): Promise<number> {
  const on = await openForFlows(name, context, usable);
  try {
    for await (const part of on.replies(body)) printMessage(part, context, context.settings.verbosity + 1);
    return 0;
  } finally {
    on.close();
  }
}

/** The meter of a text like `meter=1`; all where there is none. Throws `UserError`. */
const meterOf = (text: string | undefined): number =>
  text === undefined ? OFPM.all : parseMeterMod(text, "delete").meterMod.meter.meterId;

/** A command that shows meters. */
function meterRequest(
  name: string,
  usage: string,
  maxArgs: number,
  kind: "meter_config_request" | "meter_stats_request",
): OfctlCommand {
  return {
    name,
    usage,
    minArgs: 1,
    maxArgs,
    readOnly: true,
    run: ([target = "", text], context) => printMeters(target, { kind, meterId: meterOf(text) }, context),
  };
}

const meterFeatures: OfctlCommand = {
  name: "meter-features",
  usage: "switch",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: ([name = ""], context) => printMeters(name, { kind: "meter_features_request" }, context),
};

/** Commands about meters. */
export const meterCommands: readonly OfctlCommand[] = [
  meterModCommand("add-meter", "switch meter", 2, "add"),
  meterModCommand("mod-meter", "switch meter", 2, "modify"),
  meterModCommand("del-meter", "switch meter", 1, "delete"),
  meterModCommand("del-meters", "switch", 1, "delete"),
  meterRequest("dump-meter", "switch meter", 2, "meter_config_request"),
  meterRequest("dump-meters", "switch", 2, "meter_config_request"),
  meterRequest("meter-stats", "switch [meter]", 2, "meter_stats_request"),
  meterFeatures,
];

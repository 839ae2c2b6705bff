import { keep, pairsOf } from "#ovsdb/datum.js";
import type { CtlCommand } from "../../db-ctl/command.js";
import type { Needs } from "../../db-ctl/needs.js";
import { type Bridge, modelOf } from "../model.js";
import { bridgeCommand } from "../needs.js";

/** Fake bridges keep their external IDs in their port's, behind this prefix. */
const fakePrefix = "fake-bridge-";

function holder(bridge: Bridge) {
  return { row: bridge.localPort ?? bridge.row, prefix: bridge.parent === undefined ? "" : fakePrefix };
}

function needIds(_call: unknown, needs: Needs): void {
  needs.add("Bridge", "external_ids");
  needs.add("Port", "external_ids");
}

const setId = bridgeCommand({
  name: "br-set-external-id",
  changes: true,
  arguments: "!BRIDGE !KEY ?VALUE",
  needs: needIds,
  run(context) {
    const [bridge = "", key = "", value] = context.args;
    const { row, prefix } = holder(modelOf(context).bridge(bridge));
    if (value !== undefined) {
      row.add("external_ids", { keys: [prefix + key], values: [value] });
      return;
    }
    row.verify("external_ids");
    row.set(
      "external_ids",
      keep(row.get("external_ids"), (k) => k !== prefix + key),
    );
  },
});

const getId = bridgeCommand({
  name: "br-get-external-id",
  arguments: "!BRIDGE ?KEY",
  needs: needIds,
  run(context) {
    const [bridge = "", wanted] = context.args;
    const { row, prefix } = holder(modelOf(context).bridge(bridge));
    const ids = pairsOf(row.get("external_ids"))
      .filter(([key]) => String(key).startsWith(prefix))
      .map(([key, value]): [string, string] => [String(key).slice(prefix.length), String(value)]);
    if (wanted === undefined) {
      for (const [key, value] of ids) context.print(`${key}=${value}`);
      context.output.setData(Object.fromEntries(ids));
      return;
    }
    const value = ids.find(([key]) => key === wanted)?.[1];
    if (value !== undefined) context.print(value);
    context.output.setData(value ?? null);
  },
});

export const externalIdCommands: readonly CtlCommand[] = [setId, getId];

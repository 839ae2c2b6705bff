import type { Atom } from "#ovsdb/atom.js";
import { type Datum, equalDatums, mapOf, pairsOf, valueAt } from "#ovsdb/datum.js";
import { UserError } from "#util/errors.js";
import type { CtlCommand } from "../../db-ctl/command.js";
import type { CtlContext } from "../../db-ctl/context.js";
import type { Needs } from "../../db-ctl/needs.js";
import type { CtlRow } from "../../db-ctl/row.js";
import { modelOf } from "../model.js";
import { bridgeCommand } from "../needs.js";

function needZones(_call: unknown, needs: Needs): void {
  needs.add("Open_vSwitch", "datapaths");
  needs.add("Datapath", "ct_zones", "ct_zone_default_limit", "capabilities");
  needs.add("CT_Zone", "timeout_policy", "limit");
  needs.add("CT_Timeout_Policy", "timeouts");
}

function findDatapath(context: CtlContext, name: string): CtlRow | undefined {
  const uuid = valueAt(modelOf(context).root.get("datapaths"), name);
  return uuid === undefined ? undefined : context.txn.row("Datapath", String(uuid));
}

/** The datapath that the first argument names, for commands that change it. */
function needDatapath(context: CtlContext): CtlRow {
  const datapath = findDatapath(context, context.arg(0));
  if (datapath === undefined) throw new UserError(`datapath ${context.arg(0)} does not exist`);
  return datapath;
}

/** The same for commands that only list. */
function needDatapathRecord(context: CtlContext): CtlRow {
  const datapath = findDatapath(context, context.arg(0));
  if (datapath === undefined) throw new UserError(`datapath: ${context.arg(0)} record not found`);
  return datapath;
}

/** Reads `zone=ID`. */
function zoneArgument(word: string): number {
  const zone = /^zone=(\d+)/.exec(word)?.[1];
  if (zone === undefined) throw new UserError(`Invalid argument ${word}`);
  return Number(zone);
}

function zoneRow(context: CtlContext, datapath: CtlRow, zone: number): CtlRow | undefined {
  const uuid = valueAt(datapath.get("ct_zones"), zone);
  return uuid === undefined ? undefined : context.txn.row("CT_Zone", String(uuid));
}

function addZone(context: CtlContext, datapath: CtlRow, zone: number): CtlRow {
  const row = context.txn.insert("CT_Zone");
  datapath.verify("ct_zones");
  datapath.set("ct_zones", mapOf([...pairsOf(datapath.get("ct_zones")), [zone, row.uuid]]));
  return row;
}

function removeZone(datapath: CtlRow, zone: number): void {
  datapath.verify("ct_zones");
  datapath.set("ct_zones", mapOf(pairsOf(datapath.get("ct_zones")).filter(([key]) => key !== zone)));
}

/** A policy with these timeouts: one that is there already, or a new one. */
function policyRow(context: CtlContext, timeouts: Datum): CtlRow {
  const existing = context.txn.rows("CT_Timeout_Policy").find((row) => equalDatums(row.get("timeouts"), timeouts));
  if (existing !== undefined) return existing;
  const row = context.txn.insert("CT_Timeout_Policy");
  row.set("timeouts", timeouts);
  return row;
}

/** Reads `KEY=SECONDS` arguments; the server knows which keys there are. */
function timeoutArguments(words: readonly string[]): Datum {
  return mapOf(
    words.map((word): [Atom, Atom] => {
      const equals = word.indexOf("=");
      const key = equals < 0 ? word : word.slice(0, equals);
      return [key, equals < 0 ? 0 : Number.parseInt(word.slice(equals + 1), 10) || 0];
    }),
  );
}

const addZoneTp = bridgeCommand({
  name: "add-zone-tp",
  changes: true,
  minArgs: 3,
  maxArgs: 18,
  options: ["may-exist"],
  needs: needZones,
  run(context) {
    const datapath = needDatapath(context);
    const zone = zoneArgument(context.arg(1));
    const existing = zoneRow(context, datapath, zone);
    if (existing !== undefined && !context.has("may-exist")) throw new UserError(`zone id ${zone} already exists`);
    const policy = policyRow(context, timeoutArguments(context.args.slice(2)));
    const row = existing ?? addZone(context, datapath, zone);
    context.txn.setReferences(row, "timeout_policy", [policy]);
  },
});

const delZoneTp = bridgeCommand({
  name: "del-zone-tp",
  changes: true,
  minArgs: 2,
  maxArgs: 2,
  options: ["if-exists"],
  needs: needZones,
  run(context) {
    const datapath = needDatapath(context);
    const zone = zoneArgument(context.arg(1));
    const row = zoneRow(context, datapath, zone);
    if (row === undefined) {
      if (context.has("if-exists")) return;
      throw new UserError(`zone id ${zone} does not exist`);
    }
    // A zone with a limit stays for its limit's sake.
    if (row.has("limit") && row.one("limit") !== undefined) context.txn.setReferences(row, "timeout_policy", []);
    else removeZone(datapath, zone);
  },
});

const listZoneTp = bridgeCommand({
  name: "list-zone-tp",
  minArgs: 1,
  maxArgs: 1,
  needs: needZones,
  run(context) {
    const zones = pairsOf(needDatapathRecord(context).get("ct_zones")).map(([zone, uuid]) => {
      const row = context.txn.row("CT_Zone", String(uuid));
      const policy =
        row === undefined ? undefined : context.txn.referenced(row, "timeout_policy", "CT_Timeout_Policy")[0];
      return { zone, timeouts: policy === undefined ? undefined : pairsOf(policy.get("timeouts")) };
    });
    for (const { zone, timeouts } of zones) {
      const policy = timeouts?.map(([key, seconds]) => `${key}=${seconds}`).join(" ") ?? "system default";
      context.print(`Zone:${zone}, Timeout Policies: ${policy}`);
    }
    context.output.setData(
      zones.map(({ zone, timeouts }) => ({
        zone,
        timeouts: timeouts === undefined ? null : Object.fromEntries(timeouts),
      })),
    );
  },
});

const unlimited = { keys: [], values: undefined };

/** Reads the zone of the limit commands: a number, or `undefined` for `default`. */
function limitZone(word: string): number | undefined {
  if (word === "default") return undefined;
  if (!/^\d+$/.test(word) || Number(word) > 65535)
    throw new UserError(`invalid zone ${word}: must be default or 0 to 65535`);
  return Number(word);
}

const setZoneLimit = bridgeCommand({
  name: "set-zone-limit",
  changes: true,
  minArgs: 3,
  maxArgs: 3,
  needs: needZones,
  run(context) {
    const datapath = needLimits(needDatapath(context));
    const zone = limitZone(context.arg(1));
    const word = context.arg(2);
    if (!/^\d+$/.test(word) || Number(word) > 4294967295) throw new UserError(`invalid limit ${word}`);
    const limit = { keys: [Number(word)], values: undefined };
    if (zone === undefined) datapath.set("ct_zone_default_limit", limit);
    else (zoneRow(context, datapath, zone) ?? addZone(context, datapath, zone)).set("limit", limit);
  },
});

const delZoneLimit = bridgeCommand({
  name: "del-zone-limit",
  changes: true,
  minArgs: 2,
  maxArgs: 2,
  options: ["if-exists"],
  needs: needZones,
  run(context) {
    const datapath = needLimits(needDatapath(context));
    const zone = limitZone(context.arg(1));
    if (zone === undefined) {
      datapath.set("ct_zone_default_limit", unlimited);
      return;
    }
    const row = zoneRow(context, datapath, zone);
    if (row?.one("limit") === undefined) {
      if (context.has("if-exists")) return;
      throw new UserError(`zone limit for zone ${zone} does not exist`);
    }
    if (row.one("timeout_policy") === undefined) removeZone(datapath, zone);
    else row.set("limit", unlimited);
  },
});

const listZoneLimits = bridgeCommand({
  name: "list-zone-limits",
  minArgs: 1,
  maxArgs: 1,
  needs: needZones,
  run(context) {
    const datapath = needLimits(needDatapathRecord(context));
    const fallback = datapath.one("ct_zone_default_limit");
    const limits = pairsOf(datapath.get("ct_zones"))
      .map(([zone, uuid]) => ({ zone, limit: context.txn.row("CT_Zone", String(uuid))?.one("limit") }))
      .filter((one): one is { zone: Atom; limit: Atom } => one.limit !== undefined);
    if (fallback !== undefined) context.print(`Default limit: ${fallback}`);
    for (const { zone, limit } of limits) context.print(`Zone: ${zone}, Limit: ${limit}`);
    context.output.setData({ default: fallback ?? null, zones: limits });
  },
});

/** Throws where the server's schema is older than these limits. */
function needLimits(datapath: CtlRow): CtlRow {
  if (!datapath.has("ct_zone_default_limit")) {
    throw new UserError("the database's schema has no connection tracking zone limits");
  }
  return datapath;
}

const listDpCap = bridgeCommand({
  name: "list-dp-cap",
  minArgs: 1,
  maxArgs: 1,
  needs: needZones,
  run(context) {
    const datapath = findDatapath(context, context.arg(0));
    if (datapath === undefined) throw new UserError(`datapath "${context.arg(0)}" record not found`);
    const capabilities = pairsOf(datapath.get("capabilities"));
    context.print(capabilities.map(([key, value]) => `${key}=${value}`).join(" "));
    context.output.setData(Object.fromEntries(capabilities));
  },
});

export const zoneCommands: readonly CtlCommand[] = [
  addZoneTp,
  delZoneTp,
  listZoneTp,
  setZoneLimit,
  delZoneLimit,
  listZoneLimits,
  listDpCap,
];

import type { AppctlCommand } from "#runtime/command.js";
import type { Datapath } from "../datapath.js";
import { argumentError, zoneOf } from "./conntrack-arguments.js";
import { chooseDatapath, type DpctlHost, isDatapath, takeOptions } from "./dpctl-arguments.js";

type ShownLimits = {
  readonly default: number;
  readonly zones: readonly { readonly zone: number; readonly limit: number; readonly count: number }[];
};

/** Takes an optional datapath, where the first argument is not one of these commands' own. */
function split(host: DpctlHost, args: readonly string[]): [Datapath, readonly string[]] {
  const isNamed = args[0]?.includes("=") === false && isDatapath(host, args[0]);
  return [chooseDatapath(host, isNamed ? args[0] : undefined), isNamed ? args.slice(1) : args];
}

/** As above; two arguments are a datapath, which must exist, and zones. */
function beforeZones(host: DpctlHost, args: readonly string[]): ReturnType<typeof split> {
  return args.length > 1 ? [chooseDatapath(host, args[0]), args.slice(1)] : split(host, args);
}

function set(host: DpctlHost): AppctlCommand {
  return {
    name: "dpctl/ct-set-limits",
    usage: "[dp] [default=L] [zone=N,limit=L]...",
    minArgs: 1,
    maxArgs: Number.POSITIVE_INFINITY,
    run: (args) => {
      const [datapath, rest] = split(host, takeOptions(args).rest);
      let defaultLimit: number | undefined;
      let zones = rest;
      if (rest[0]?.startsWith("default=")) {
        const digits = /^default=\s*([-+]?\d+)/.exec(rest[0])?.[1];
        if (digits === undefined) throw argumentError("invalid default limit");
        defaultLimit = Number(BigInt.asUintN(32, BigInt(digits)));
        zones = rest.slice(1);
      }
      datapath.conntrack.setLimits(defaultLimit, zones.map(parseLimit));
      return "";
    },
  };
}

function parseLimit(text: string): { readonly zone: number; readonly limit: number } {
  const found: { zone?: number; limit?: number } = {};
  for (const field of text.split(",").filter((f) => f !== "")) {
    const equals = field.indexOf("=");
    const [key, value] = equals < 0 ? [field, ""] : [field.slice(0, equals), field.slice(equals + 1)];
    if (value === "") throw argumentError(`field ${key} missing value`);
    if (key !== "zone" && key !== "limit") throw argumentError(`invalid zone limit field: ${key}`);
    const number = /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : Number.NaN;
    if (!(number <= (key === "zone" ? 0xffff : 0xffffffff))) throw argumentError(`failed to parse field ${key}`);
    found[key] = number;
  }
  if (found.zone === undefined || found.limit === undefined) throw argumentError("failed to parse zone limit");
  return { zone: found.zone, limit: found.limit };
}

/** Reads `zone=1,2,3`. */
function parseZones(text: string): number[] {
  if (!text.startsWith("zone=")) throw argumentError(`invalid argument ${text}`);
  return text
    .slice("zone=".length)
    .split(",")
    .map((part) => {
      const zone = zoneOf(`zone=${part}`);
      if (zone === undefined) throw argumentError("invalid zone");
      return zone;
    });
}

function remove(host: DpctlHost): AppctlCommand {
  return {
    name: "dpctl/ct-del-limits",
    usage: "[dp] [default] [zone=N1[,N2]...]",
    minArgs: 1,
    maxArgs: 3,
    run: (args) => {
      const words = [...args];
      const place = words.indexOf("default");
      if (place >= 0) words.splice(place, 1);
      if (place < 0 || words.some((word) => word.startsWith("zone="))) {
        const [datapath, [zones]] = beforeZones(host, words);
        datapath.conntrack.deleteLimits(parseZones(zones ?? ""));
        if (place >= 0) datapath.conntrack.setLimits(0, []);
      } else chooseDatapath(host, words[0]).conntrack.setLimits(0, []);
      return "";
    },
  };
}

function get(host: DpctlHost): AppctlCommand<ShownLimits> {
  return {
    name: "dpctl/ct-get-limits",
    usage: "[dp] [zone=N1[,N2]...]",
    minArgs: 0,
    maxArgs: 2,
    run: async (args) => {
      const [datapath, [zones]] = beforeZones(host, args);
      const limits = await datapath.conntrack.limits(zones === undefined ? undefined : parseZones(zones));
      return { default: limits.defaultLimit, zones: limits.zones.map((zone) => ({ ...zone })) };
    },
    text: (limits) =>
      `default limit=${limits.default}\n${limits.zones
        .map(({ zone, limit, count }) => `zone=${zone},limit=${limit},count=${count}\n`)
        .join("")}`,
  };
}

/** `ct-set-limits`, `ct-del-limits`, `ct-get-limits`. */
export function conntrackLimitCommands(host: DpctlHost): AppctlCommand[] {
  return [set(host), remove(host), get(host) as AppctlCommand];
}

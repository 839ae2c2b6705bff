import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { CtBits, CtEntry } from "../conntrack/connection-tracking.js";
import { parseTuples } from "../conntrack/parse-filter.js";
import {
  formatConnection,
  type ShownConnection,
  showConnection,
  showExpectation,
} from "../conntrack/show-connection.js";
import type { Datapath } from "../datapath.js";
import { argumentError, zoneOf } from "./conntrack-arguments.js";
import { conntrackFragmentCommands } from "./conntrack-fragments.js";
import { conntrackLimitCommands } from "./conntrack-limits.js";
import { conntrackSettingCommands } from "./conntrack-settings.js";
import { chooseDatapath, type DpctlHost, isDatapath, takeOptions } from "./dpctl-arguments.js";

/** Takes `[dp] [zone=N]`. */
function datapathAndZone(host: DpctlHost, args: readonly string[]): [Datapath, number | undefined] {
  const rest = [...args];
  const zone = rest.length > 0 ? zoneOf(rest.at(-1)!) : undefined;
  if (zone !== undefined) rest.pop();
  return [chooseDatapath(host, rest[0]), zone];
}

function dump(host: DpctlHost): AppctlCommand<readonly ShownConnection[]> {
  return {
    name: "dpctl/dump-conntrack",
    usage: "[-m] [-s] [dp] [zone=N]",
    minArgs: 0,
    maxArgs: 4,
    run: async (args) => {
      const options = takeOptions(args);
      const [datapath, zone] = datapathAndZone(host, options.rest);
      const entries = await datapath.conntrack.dump(zone === undefined ? undefined : { zone });
      return entries.map((entry) => showConnection(entry, options));
    },
    text: (connections) => connections.map((c) => `${formatConnection(c)}\n`).join(""),
  };
}

function dumpExpected(host: DpctlHost): AppctlCommand<readonly ShownConnection[]> {
  return {
    name: "dpctl/dump-conntrack-exp",
    usage: "[dp] [zone=N]",
    minArgs: 0,
    maxArgs: 2,
    run: async (args) => {
      const [datapath, zone] = datapathAndZone(host, args);
      return (await datapath.conntrack.expectations(zone)).map(showExpectation);
    },
    text: (expected) => expected.map((e) => `${formatConnection(e)}\n`).join(""),
  };
}

function flush(host: DpctlHost): AppctlCommand {
  return {
    name: "dpctl/flush-conntrack",
    usage: "[dp] [zone=N] [mark=X[/M]] [labels=Y[/N]] [ct-orig-tuple [ct-reply-tuple]]",
    minArgs: 0,
    maxArgs: 6,
    run: async (args) => {
      const rest = [...args];
      const named = rest[0] !== undefined && isDatapath(host, rest[0]) ? rest.shift() : undefined;
      let zone: number | undefined;
      if (rest[0]?.startsWith("zone=")) {
        zone = zoneOf(rest.shift()!);
        if (zone === undefined) throw argumentError("failed to parse zone");
      }
      const mark = rest[0]?.startsWith("mark=") ? readBits(rest.shift()!, 1) : undefined;
      const labels = rest[0]?.startsWith("labels=") ? readBits(rest.shift()!, 4) : undefined;
      const [original, reply] = readTuples(rest);
      if (rest.length > 2) throw argumentError("invalid arguments");
      const { conntrack } = chooseDatapath(host, named);
      if (zone === undefined && !mark && !labels && !original && !reply) await conntrack.flush();
      else {
        await conntrack.flush({
          ...(zone === undefined ? {} : { zone }),
          ...(mark === undefined ? {} : { mark }),
          ...(labels === undefined ? {} : { labels }),
          ...(original === undefined ? {} : { original }),
          ...(reply === undefined ? {} : { reply }),
        });
      }
      return "";
    },
  };
}

/** Reads `NAME=VALUE[/MASK]` of so many 32-bit words. */
function readBits(text: string, words: number): CtBits {
  const [name, rest = ""] = text.split("=", 2) as [string, string?];
  const numbers = rest.split("/").map((n) => (/^(0x[0-9a-f]+|\d+)$/i.test(n) ? BigInt(n) : undefined));
  const [value, mask = (1n << BigInt(32 * words)) - 1n] = numbers;
  const isRight = numbers.length <= 2 && numbers.every((n) => n !== undefined && n >> BigInt(32 * words) === 0n);
  if (!isRight) throw argumentError(`failed to parse ${name}`);
  const split = (n: bigint): number[] =>
    Array.from({ length: words }, (_, i) => Number(BigInt.asUintN(32, n >> BigInt(32 * (words - 1 - i)))));
  return { value: split(value!), mask: split(mask) };
}

function readTuples(texts: readonly string[]): ReturnType<typeof parseTuples> {
  try {
    return parseTuples(texts);
  } catch (error) {
    if (error instanceof UserError) throw argumentError(error.message);
    throw error;
  }
}

/** Protocols in the order and by the names of `ct-stats-show`. */
const counted: readonly (readonly [protocol: number, name: string])[] = [
  [6, "TCP"],
  [17, "UDP"],
  [136, "UDPLITE"],
  [132, "SCTP"],
  [1, "ICMP"],
  [33, "DCCP"],
  [2, "IGMP"],
];

type ShownStats = {
  readonly total: number;
  readonly protocols: { readonly [name: string]: number };
  /** With `-m`. */
  readonly tcpStates?: { readonly [state: string]: number };
};

function statsOf(entries: readonly CtEntry[], more: boolean): ShownStats {
  const protocols: Record<string, number> = {};
  // ICMPv6 is in the total only, as upstream has it.
  let known = entries.filter((e) => e.protocol === IpProtocol.icmpv6).length;
  for (const [protocol, name] of counted) {
    const n = entries.filter((e) => e.protocol === protocol).length;
    if (n > 0) protocols[name] = n;
    known += n;
  }
  if (entries.length > known) protocols["Other"] = entries.length - known;
  if (!more) return { total: entries.length, protocols };
  const tcpStates: Record<string, number> = {};
  for (const state of ["CLOSED", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "CLOSING", "TIME_WAIT"]) {
    const n = entries.filter((e) => e.tcp?.state === state).length;
    if (n > 0) tcpStates[state] = n;
  }
  return { total: entries.length, protocols, tcpStates };
}

function stats(host: DpctlHost): AppctlCommand<ShownStats> {
  return {
    name: "dpctl/ct-stats-show",
    usage: "[dp] [zone=N]",
    minArgs: 0,
    maxArgs: 3,
    run: async (args) => {
      const { more, rest } = takeOptions(args);
      const last = rest.at(-1);
      const isVerbose = last === "verbose";
      const [datapath, zone] = datapathAndZone(host, isVerbose ? rest.slice(0, -1) : rest);
      return statsOf(await datapath.conntrack.dump(zone === undefined ? undefined : { zone }), more || isVerbose);
    },
    text: ({ total, protocols, tcpStates }) => {
      const lines = ["Connections Stats:", `    Total: ${total}`];
      for (const [name, n] of Object.entries(protocols)) {
        lines.push(`  ${name}: ${n}`);
        if (name !== "TCP" || tcpStates === undefined) continue;
        lines.push("    Conn per TCP states:");
        for (const [state, of] of Object.entries(tcpStates)) lines.push(`\t  [${state}]=${of}`);
      }
      return `${lines.join("\n")}\n`;
    },
  };
}

type ShownBuckets = { readonly buckets: number; readonly connections: number; readonly threshold: number };

function buckets(host: DpctlHost): AppctlCommand<ShownBuckets> {
  return {
    name: "dpctl/ct-bkts",
    usage: "[dp] [gt=N]",
    minArgs: 0,
    maxArgs: 2,
    run: async (args) => {
      const threshold = /^gt=(\d+)/.exec(args.at(-1) ?? "")?.[1];
      const rest = threshold === undefined ? args : args.slice(0, -1);
      const { connections } = await chooseDatapath(host, rest[0]).conntrack.figures();
      // There is one table, as upstream's of user space.
      return { buckets: 1, connections, threshold: Number(threshold ?? 0) };
    },
    text: ({ connections, threshold }) => {
      const head = `Total Buckets: 1\nCurrent Connections: ${connections}\n\n`;
      if (connections === 0) return head;
      const rule = "+-----------+-----------------------------------------+";
      const shown = connections > threshold ? String(connections) : ".";
      return `${head}${rule}\n|  Buckets  |         Connections per Buckets         |\n${rule}\n   0..  7   | ${shown.padStart(5)}\n\n`;
    },
  };
}

/** `dpctl/*` of connection tracking, in the order of `dpctl/list-commands`. */
export function conntrackCommands(host: DpctlHost): {
  readonly tables: AppctlCommand[];
  readonly others: AppctlCommand[];
} {
  return {
    tables: [dump(host) as AppctlCommand, dumpExpected(host) as AppctlCommand, flush(host)],
    others: [
      stats(host) as AppctlCommand,
      buckets(host) as AppctlCommand,
      ...conntrackSettingCommands(host),
      ...conntrackLimitCommands(host),
      ...conntrackFragmentCommands(host),
    ],
  };
}

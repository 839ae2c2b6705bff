import { formatOfport } from "#openflow/port-number.js";
import type { MacEntry } from "#protocols/mac-table.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import { parseMac } from "#util/mac.js";
import { formatMacNumber, macNumber } from "#util/mac-number.js";
import type { Bundle } from "../bundle.js";
import type { OfprotoSwitches } from "../switches.js";
import { findBridge, sortedBridges } from "./find-bridge.js";

/**
 * `fdb/show`: addresses of the bridges that are named, or of each bridge, and the ports behind which they are. Where several are
 * shown, each table stands under its bridge's name.
 */
function fdbShow(switches: OfprotoSwitches): AppctlCommand<readonly ShownFdb[]> {
  return {
    name: "fdb/show",
    usage: "[bridge...]",
    minArgs: 0,
    maxArgs: Number.POSITIVE_INFINITY,
    run: (names) => {
      const bridges = names.length === 0 ? sortedBridges(switches) : names.map((name) => findBridge(switches, name));
      return bridges.map(({ state, backer }) => ({
        bridge: state.name,
        entries: [...state.macs.entries()].map((e) => fdbEntry(e, backer.clock.now())),
      }));
    },
    text: (all) =>
      all.map((shown) => `${all.length > 1 ? `${shown.bridge}:\n` : ""}${formatTable(shown.entries)}`).join("\n"),
  };
}

type ShownFdb = { readonly bridge: string; readonly entries: readonly FdbEntry[] };

function formatTable(entries: readonly FdbEntry[]): string {
  return ` port  VLAN  MAC                Age\n${entries.map(formatEntry).join("")}`;
}

type FdbEntry = {
  readonly port: string;
  readonly vlan: number;
  readonly mac: string;
  readonly static: boolean;
  /** Seconds. */
  readonly age: number;
};

function fdbEntry(e: MacEntry<Bundle>, now: number): FdbEntry {
  const age = Math.floor((now - e.seen) / 1000);
  return { port: portOf(e.port), vlan: e.vlan, mac: formatMacNumber(e.mac), static: e.isStatic, age };
}

function portOf(bundle: Bundle): string {
  const [first] = bundle.members;
  return first ? formatOfport(first.ofport) : "?";
}

function formatEntry(e: FdbEntry): string {
  const age = e.static ? "static" : String(e.age).padStart(3);
  return `${e.port.padStart(5)}  ${String(e.vlan).padStart(4)}  ${e.mac}  ${age}\n`;
}

/** `fdb/flush`: forgets what one bridge, or each, has learned. */
function fdbFlush(switches: OfprotoSwitches): AppctlCommand<string> {
  return {
    name: "fdb/flush",
    usage: "[bridge]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => {
      const bridges = name === undefined ? sortedBridges(switches) : [findBridge(switches, name)];
      for (const { state } of bridges) state.macs.flush();
      return "table successfully flushed";
    },
  };
}

/** A VLAN as upstream reads it: the low 16 bits of a decimal number, 0 where it is none. */
function vlanOf(text: string | undefined): number {
  const number = Number.parseInt(text ?? "", 10);
  return Number.isNaN(number) ? 0 : number & 0xffff;
}

function macOf(text: string | undefined): number {
  const mac = parseMac(text ?? "");
  if (!mac) throw new UserError("bad MAC address");
  return macNumber(mac);
}

/** `fdb/add`: a static entry. */
function fdbAdd(switches: OfprotoSwitches): AppctlCommand<string> {
  return {
    name: "fdb/add",
    usage: "bridge port vlan mac",
    minArgs: 4,
    maxArgs: 4,
    run: ([name, portName, vlan, macText]) => {
      const { state, backer } = findBridge(switches, name);
      const mac = macOf(macText);
      const bundle = state.portsByName.get(portName!)?.bundle;
      if (!bundle) throw new UserError("software error, odp port is present but no ofp port");
      const old = state.macs.addStatic(backer.clock.now(), bundle, vlanOf(vlan), mac);
      return old && old !== bundle ? `Overriding already existing static entry on ${portOf(old)}` : "";
    },
  };
}

/** `fdb/del`: takes a static entry out. */
function fdbDel(switches: OfprotoSwitches): AppctlCommand<string> {
  return {
    name: "fdb/del",
    usage: "bridge vlan mac",
    minArgs: 3,
    maxArgs: 3,
    run: ([name, vlan, macText]) => {
      const { state } = findBridge(switches, name);
      const mac = macOf(macText);
      if (!state.macs.removeStatic(vlanOf(vlan), mac)) throw new UserError("could not find static mac entry");
      return "";
    },
  };
}

type FdbStats = {
  readonly bridge: string;
  readonly current: number;
  readonly max: number;
  readonly static: number;
  readonly learned: number;
  readonly expired: number;
  readonly evicted: number;
  readonly moved: number;
};

/** `fdb/stats-show`. */
function fdbStatsShow(switches: OfprotoSwitches): AppctlCommand<FdbStats> {
  return {
    name: "fdb/stats-show",
    usage: "bridge",
    minArgs: 1,
    maxArgs: 1,
    run: ([name]) => {
      const { state } = findBridge(switches, name);
      return { bridge: state.name, ...state.macs.stats() };
    },
    text: (s) =>
      [
        `Statistics for bridge "${s.bridge}":`,
        `  Current/maximum MAC entries in the table: ${s.current}/${s.max}`,
        `  Current static MAC entries in the table : ${s.static}`,
        `  Total number of learned MAC entries     : ${s.learned}`,
        `  Total number of expired MAC entries     : ${s.expired}`,
        `  Total number of evicted MAC entries     : ${s.evicted}`,
        `  Total number of port moved MAC entries  : ${s.moved}`,
        "",
      ].join("\n"),
  };
}

/** `fdb/stats-clear`. */
function fdbStatsClear(switches: OfprotoSwitches): AppctlCommand<string> {
  return {
    name: "fdb/stats-clear",
    usage: "[bridge]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => {
      const bridges = name === undefined ? sortedBridges(switches) : [findBridge(switches, name)];
      for (const { state } of bridges) state.macs.clearStats();
      return "statistics successfully cleared";
    },
  };
}

/** Commands about learned addresses. */
export function fdbCommands(switches: OfprotoSwitches): AppctlCommand[] {
  return [
    fdbAdd(switches),
    fdbDel(switches),
    fdbFlush(switches),
    fdbShow(switches) as AppctlCommand,
    fdbStatsClear(switches),
    fdbStatsShow(switches) as AppctlCommand,
  ];
}

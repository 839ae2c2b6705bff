import { shownOptions } from "#datapath/commands/dpctl-show.js";
import { formatDatapathFlow } from "#datapath/text/flow-text.js";
import { W } from "#flow/layout.js";
import type { AppctlCommand } from "#runtime/command.js";
import type { Backer } from "../backer.js";
import type { Bridge } from "../bridge.js";
import type { OfPort } from "../port.js";
import type { OfprotoSwitches } from "../switches.js";
import { findBridge, sortedBridges } from "./find-bridge.js";

type ShownPort = {
  readonly name: string;
  readonly ofport: number;
  readonly datapathPort: number | null;
  readonly type: string;
  readonly options: { readonly [key: string]: string };
};
type ShownDatapath = {
  readonly type: string;
  readonly name: string;
  readonly hits: number;
  readonly misses: number;
  readonly bridges: readonly { readonly name: string; readonly ports: readonly ShownPort[] }[];
};

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** `dpif/show`: datapaths, their bridges and ports. */
function dpifShow(switches: OfprotoSwitches): AppctlCommand<readonly ShownDatapath[]> {
  return {
    name: "dpif/show",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => [...switches.backers.values()].map(showBacker).sort(byName),
    text: (datapaths) => datapaths.map(formatDatapath).join(""),
  };
}

function showBacker(backer: Backer): ShownDatapath {
  const { type, name } = backer.datapath;
  const { hits, misses } = backer.datapath.stats();
  const bridges = [...backer.bridges.values()].map((b) => ({
    name: b.name,
    ports: [...b.portsByName.values()].map(showPort).sort(byName),
  }));
  return { type, name, hits, misses, bridges: bridges.sort(byName) };
}

function showPort({ name, ofport, datapathPort, device }: OfPort): ShownPort {
  return { name, ofport, datapathPort: datapathPort ?? null, type: device.type, options: shownOptions(device) };
}

function formatDatapath(d: ShownDatapath): string {
  const bridges = d.bridges.map((b) => `  ${b.name}:\n${b.ports.map(formatPort).join("")}`).join("");
  return `${d.type}@${d.name}: hit:${d.hits} missed:${d.misses}\n${bridges}`;
}

function formatPort(p: ShownPort): string {
  const options = Object.entries(p.options).map(([k, v]) => `${k}=${v}`);
  const detail = options.length > 0 ? `: ${options.join(", ")}` : "";
  return `    ${p.name} ${p.ofport}/${p.datapathPort ?? "none"}: (${p.type}${detail})\n`;
}

/** `dpif/dump-dps`: bridges with their datapath's type. */
function dpifDumpDps(switches: OfprotoSwitches): AppctlCommand<readonly string[]> {
  return {
    name: "dpif/dump-dps",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => sortedBridges(switches).map((b) => `${b.backer.datapath.type}@${b.name}`),
    text: (names) => names.map((n) => `${n}\n`).join(""),
  };
}

/** `dpif/dump-flows`: megaflows of packets that came in by a bridge's own ports. */
function dpifDumpFlows(switches: OfprotoSwitches): AppctlCommand<readonly string[]> {
  return {
    name: "dpif/dump-flows",
    usage: "[-m] [--names | --no-names] bridge",
    minArgs: 1,
    maxArgs: Number.POSITIVE_INFINITY,
    run: (args) => dumpFlows(findBridge(switches, args.at(-1)), args.slice(0, -1)),
    text: (lines) => lines.map((l) => `${l}\n`).join(""),
  };
}

function dumpFlows({ state, backer }: Bridge, options: readonly string[]): string[] {
  const { datapath, clock } = backer;
  const verbose = options.includes("-m") || options.includes("--more");
  let names = verbose;
  for (const o of options) names = o === "--names" ? true : o === "--no-names" ? false : names;
  const portName = (port: number): string | undefined => (names ? datapath.port(port)?.name : undefined);
  const { vlanLimit } = state.settings;
  return [...datapath.flows()]
    .filter((f) => backer.port(f.key[W.inPort]!)?.bridge === state)
    .map((f) => formatDatapathFlow(f, { now: clock.now(), verbose, portName, vlanLimit }));
}

/** `ofproto/list`: names of bridges. */
function ofprotoList(switches: OfprotoSwitches): AppctlCommand<readonly string[]> {
  return {
    name: "ofproto/list",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => sortedBridges(switches).map((b) => b.name),
    text: (names) => names.map((n) => `${n}\n`).join(""),
  };
}

/** Commands about datapaths as bridges use them. */
export function dpifCommands(switches: OfprotoSwitches): AppctlCommand[] {
  return [
    dpifDumpDps(switches) as AppctlCommand,
    dpifDumpFlows(switches) as AppctlCommand,
    dpifShow(switches) as AppctlCommand,
    ofprotoList(switches) as AppctlCommand,
  ];
}

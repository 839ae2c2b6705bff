import type { LinkStats } from "#host/net.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Datapath, DatapathPort } from "../datapath.js";
import type { Device } from "../device.js";
import { type DpctlHost, dpctlError, errorText, takeOptions } from "./dpctl-arguments.js";

const UNITS: readonly (readonly [bytes: number, name: string])[] = [
  [2 ** 40, "TiB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"],
];

function count(value: number | undefined): string {
  return value === undefined || value < 0 ? "?" : String(value);
}

function size(label: string, value: number): string {
  const unit = UNITS.find(([bytes]) => value >= bytes);
  const human = unit === undefined ? "" : ` (${(value / unit[0]).toFixed(1)} ${unit[1]})`;
  return `${label} bytes:${count(value)}${human}`;
}

function formatStats(s: LinkStats): string {
  return [
    `    RX packets:${count(s.rxPackets)} errors:${count(s.rxErrors)} dropped:${count(s.rxDropped)} overruns:${count(s.rxOverErrors)} frame:${count(s.rxFrameErrors)}`,
    `    TX packets:${count(s.txPackets)} errors:${count(s.txErrors)} dropped:${count(s.txDropped)} aborted:? carrier:?`,
    `    collisions:${count(s.collisions)}`,
    `    ${size("RX", s.rxBytes)}  ${size("TX", s.txBytes)}`,
  ].join("\n");
}

/** Options that a device tells of itself; where its captures go is not among them. */
const HIDDEN_OPTIONS: ReadonlySet<string> = new Set(["pcap", "tx_pcap", "rxq_pcap"]);

type ShownPort = {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly options: { readonly [key: string]: string };
  /** With `-s`; a counter is -1 where the device does not have it. */
  readonly statistics?: { readonly [K in keyof LinkStats]: number };
};

type ShownDatapath = {
  readonly type: string;
  readonly name: string;
  readonly hits: number;
  readonly misses: number;
  readonly lost: number;
  readonly flows: number;
  readonly ports: readonly ShownPort[];
};

/** The options of a device that are shown, sorted. */
export function shownOptions(device: Device): { readonly [key: string]: string } {
  const options = [...device.options()].filter(([key]) => !HIDDEN_OPTIONS.has(key));
  return Object.fromEntries(options.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function showPort(dp: Datapath, { number, name, type, device }: DatapathPort, withStats: boolean): ShownPort {
  const shown = { number, name, type, options: shownOptions(device) };
  return withStats ? { ...shown, statistics: { ...dp.portStats(number) } } : shown;
}

function showDatapath(dp: Datapath, withStats: boolean): ShownDatapath {
  const { hits, misses, lost, flows } = dp.stats();
  const ports = [...dp.ports()].map((port) => showPort(dp, port, withStats));
  return { type: dp.type, name: dp.name, hits, misses, lost, flows, ports };
}

function formatPort(port: ShownPort): string {
  const options = Object.entries(port.options).map(([key, value]) => `${key}=${value}`);
  const type = port.type === "system" ? "" : ` (${port.type}${options.length > 0 ? `: ${options.join(", ")}` : ""})`;
  return `  port ${port.number}: ${port.name}${type}`;
}

function formatDatapath(dp: ShownDatapath): string {
  const lines = [
    `${dp.type}@${dp.name}:`,
    `  lookups: hit:${dp.hits} missed:${dp.misses} lost:${dp.lost}`,
    `  flows: ${dp.flows}`,
  ];
  for (const port of dp.ports) {
    lines.push(formatPort(port));
    if (port.statistics) lines.push(formatStats(port.statistics));
  }
  return `${lines.join("\n")}\n`;
}

function dumpDps(host: DpctlHost): AppctlCommand<readonly string[]> {
  return {
    name: "dpctl/dump-dps",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => host.datapaths.all().map((dp) => `${dp.type}@${dp.name}`),
    text: (names) => names.map((name) => `${name}\n`).join(""),
  };
}

function show(host: DpctlHost): AppctlCommand<readonly ShownDatapath[]> {
  return {
    name: "dpctl/show",
    usage: "[-s] [dp...]",
    minArgs: 0,
    maxArgs: Number.POSITIVE_INFINITY,
    run: (args) => {
      const { statistics, rest } = takeOptions(args);
      if (rest.length === 0) return host.datapaths.all().map((dp) => showDatapath(dp, statistics));
      const shown: ShownDatapath[] = [];
      let text = "";
      let failed = false;
      for (const name of rest) {
        try {
          const found = showDatapath(host.datapaths.byName(name), statistics);
          shown.push(found);
          text += formatDatapath(found);
        } catch (error) {
          failed = true;
          text += `${dpctlError(`opening datapath ${name} failed (${errorText(error)})`).message}\n`;
        }
      }
      // The refusal shows those that were found all the same.
      if (failed) throw new UserError(text.trimEnd());
      return shown;
    },
    text: (datapaths) => datapaths.map(formatDatapath).join(""),
  };
}

/** `dpctl/dump-dps` and `dpctl/show`. */
export function dpctlShowCommands(host: DpctlHost): AppctlCommand[] {
  return [dumpDps(host) as AppctlCommand, show(host) as AppctlCommand];
}

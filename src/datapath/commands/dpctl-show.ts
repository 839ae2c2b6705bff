import type { LinkStats } from "#host/net.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Datapath, DatapathPort } from "../datapath.js";
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

function formatPort(port: DatapathPort): string {
  const options = [...port.device.options()]
    .filter(([key]) => !HIDDEN_OPTIONS.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  const type = port.type === "system" ? "" : ` (${port.type}${options.length > 0 ? `: ${options.join(", ")}` : ""})`;
  return `  port ${port.number}: ${port.name}${type}`;
}

function formatDatapath(dp: Datapath, withStats: boolean): string {
  const s = dp.stats();
  const lines = [
    `${dp.type}@${dp.name}:`,
    `  lookups: hit:${s.hits} missed:${s.misses} lost:${s.lost}`,
    `  flows: ${s.flows}`,
  ];
  for (const port of dp.ports()) {
    lines.push(formatPort(port));
    if (withStats) lines.push(formatStats(dp.portStats(port.number)));
  }
  return `${lines.join("\n")}\n`;
}

/** `dpctl/dump-dps` and `dpctl/show`. */
export function dpctlShowCommands(host: DpctlHost): AppctlCommand[] {
  return [
    {
      name: "dpctl/dump-dps",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () =>
        host.datapaths
          .all()
          .map((dp) => `${dp.type}@${dp.name}\n`)
          .join(""),
    },
    {
      name: "dpctl/show",
      usage: "[-s] [dp...]",
      minArgs: 0,
      maxArgs: Number.POSITIVE_INFINITY,
      run: (args) => {
        const { statistics, rest } = takeOptions(args);
        if (rest.length === 0)
          return host.datapaths
            .all()
            .map((dp) => formatDatapath(dp, statistics))
            .join("");
        let text = "";
        let failed = false;
        for (const name of rest) {
          try {
            text += formatDatapath(host.datapaths.byName(name), statistics);
          } catch (error) {
            failed = true;
            text += `${dpctlError(`opening datapath ${name} failed (${errorText(error)})`).message}\n`;
          }
        }
        if (failed) throw new UserError(text.trimEnd());
        return text;
      },
    },
  ];
}

import type { Field } from "#flow/fields/field.js";
import { field, fieldByName } from "#flow/fields/table.js";
import { versionBitmap, versionsOf } from "#openflow/hello.js";
import type { PacketInFormat } from "#openflow/messages/connection/controller-settings.js";
import { formatProtocols, type ProtocolSet, ProtocolSets, parseProtocols, protocols } from "#openflow/protocol.js";
import { OF10, parseVersionName, type Version, versionName } from "#openflow/version.js";
import { type DaemonSettings, daemonOptionRows, daemonSettings } from "#runtime/daemon-options.js";
import type { OptionRow, ParsedOption } from "#runtime/options.js";
import { tlsOptionRows } from "#runtime/stream-options.js";
import type { Vlog } from "#runtime/vlog.js";
import { applyVlogOption, vlogOptionRows } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";
import { type TlsOptions, tlsActions } from "../tls-options.js";

/** The options of `ovs-ofctl`, in upstream's order, which shows where an abbreviation is ambiguous. */
export const ofctlOptionRows: readonly OptionRow[] = [
  { name: "timeout", short: "t", argument: "required" },
  { name: "strict", argument: "none" },
  { name: "readd", argument: "none" },
  { name: "flow-format", short: "F", argument: "required" },
  { name: "packet-in-format", short: "P", argument: "required" },
  { name: "more", short: "m", argument: "none" },
  { name: "timestamp", argument: "none" },
  { name: "sort", argument: "optional" },
  { name: "rsort", argument: "optional" },
  { name: "names", argument: "none" },
  { name: "no-names", argument: "none" },
  { name: "stats", argument: "none" },
  { name: "no-stats", argument: "none" },
  { name: "unixctl", argument: "required" },
  { name: "help", short: "h", argument: "none" },
  { name: "option", short: "o", argument: "none" },
  { name: "bundle", argument: "none" },
  { name: "color", argument: "optional" },
  { name: "may-create", argument: "none" },
  { name: "pcap", argument: "none" },
  { name: "raw", argument: "none" },
  { name: "read-only", argument: "none" },
  ...daemonOptionRows,
  { name: "version", short: "V", argument: "none" },
  { name: "protocols", short: "O", argument: "required" },
  ...vlogOptionRows,
  ...tlsOptionRows,
  { name: "format", short: "f", argument: "required" },
];

const packetInFormats: Readonly<Record<string, PacketInFormat>> = {
  standard: "standard",
  openflow10: "standard",
  nxt_packet_in: "nxt_packet_in",
  nxm: "nxt_packet_in",
  nxt_packet_in2: "nxt_packet_in2",
};

/** What flows are sorted by; without a field, their priority. */
export interface SortKey {
  readonly descending: boolean;
  readonly field: Field | undefined;
}

/** What the options ask for. */
export interface OfctlSettings {
  /** Printed, and that is all. */
  readonly print: "help" | "version" | "options" | undefined;
  /** Seconds, or `undefined` for any time. */
  readonly timeout: number | undefined;
  readonly strict: boolean;
  readonly readd: boolean;
  readonly bundle: boolean;
  readonly mayCreate: boolean;
  readonly readOnly: boolean;
  readonly timestamp: boolean;
  /** How flows may be said; all where `--flow-format` is not given. */
  readonly protocols: ProtocolSet;
  readonly packetInFormat: PacketInFormat | undefined;
  readonly verbosity: number;
  readonly sort: readonly SortKey[];
  /** Names of ports and tables: undefined where it depends on whether people read. */
  readonly names: boolean | undefined;
  readonly stats: boolean;
  readonly color: "always" | "never" | "auto";
  readonly pcap: boolean;
  readonly raw: boolean;
  /** Of JSON instead of text. */
  readonly json: boolean;
  /** Versions of OpenFlow to speak, as bits of their numbers. */
  readonly versions: number;
  /** True where `--protocols` chose them. */
  readonly versionsGiven: boolean;
  readonly unixctl: string | undefined;
  readonly daemon: DaemonSettings;
  readonly tls: TlsOptions;
}

/** What is spoken without `--protocols`. */
const defaultVersions = versionBitmap([OF10]);

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the options in their order, of which the first `--help`, `--version` or `--option` ends the reading. Throws `UserError`. */
export function readOfctlOptions(options: readonly ParsedOption[], vlog: Vlog): OfctlSettings {
  const tls: Writable<TlsOptions> = {};
  const sort: SortKey[] = [];
  const settings: Writable<OfctlSettings> = {
    print: undefined,
    timeout: undefined,
    strict: false,
    readd: false,
    bundle: false,
    mayCreate: false,
    readOnly: false,
    timestamp: false,
    protocols: ProtocolSets.any,
    packetInFormat: undefined,
    verbosity: 0,
    sort,
    names: undefined,
    stats: true,
    color: "never",
    pcap: false,
    raw: false,
    json: false,
    versions: defaultVersions,
    versionsGiven: false,
    unixctl: undefined,
    daemon: daemonSettings(options),
    tls,
  };
  const actions: Readonly<Record<string, (value: string | undefined) => void>> = {
    timeout: (value = "") => void (settings.timeout = parseTimeout(value)),
    strict: () => void (settings.strict = true),
    readd: () => void (settings.readd = true),
    bundle: () => void (settings.bundle = true),
    "may-create": () => void (settings.mayCreate = true),
    "read-only": () => void (settings.readOnly = true),
    timestamp: () => void (settings.timestamp = true),
    "flow-format": (value = "") => void (settings.protocols = parseProtocols(value)),
    "packet-in-format": (value = "") => void (settings.packetInFormat = parsePacketInFormat(value)),
    more: () => void settings.verbosity++,
    sort: (value) => void sort.push(parseSortKey(value, false)),
    rsort: (value) => void sort.push(parseSortKey(value, true)),
    names: () => void (settings.names = true),
    "no-names": () => void (settings.names = false),
    stats: () => void (settings.stats = true),
    "no-stats": () => void (settings.stats = false),
    color: (value) => void (settings.color = parseColor(value)),
    pcap: () => void (settings.pcap = true),
    raw: () => void (settings.raw = true),
    unixctl: (value) => void (settings.unixctl = value),
    protocols: (value = "") => {
      const bits = versionBitmap(parseVersions(value));
      settings.versions = bits === 0 ? defaultVersions : bits;
      settings.versionsGiven = bits !== 0;
    },
    format: (value = "") => void (settings.json = parseFormat(value)),
    help: () => void (settings.print = "help"),
    version: () => void (settings.print = "version"),
    option: () => void (settings.print = "options"),
    ...(tlsActions(tls) as Readonly<Record<string, (value: string | undefined) => void>>),
  };
  for (const option of options) {
    if (!applyVlogOption(vlog, option)) actions[option.name]?.(option.value);
    if (settings.print !== undefined) return settings;
  }
  checkVersions(settings);
  return settings;
}

/** Throws `UserError` where no version that may be spoken has a flow format that may be used. */
function checkVersions(settings: Writable<OfctlSettings>): void {
  const { versions, protocols: formats } = settings;
  const some = protocols.some(({ bit, version }) => (formats & bit) !== 0 && (versions & (1 << version)) !== 0);
  if (some) return;
  throw new UserError(
    `None of the enabled OpenFlow versions (${versionsOf(versions).map(versionName).join(", ")}) supports any of the enabled ` +
      `flow formats (${formatProtocols(formats)}).  (Use -O to enable additional OpenFlow versions or -F to enable additional flow formats.)`,
  );
}

function parseTimeout(value: string): number {
  const seconds = /^\d+$/.test(value) ? Number(value) : 0;
  if (seconds < 1 || seconds > 0xffff_ffff) throw new UserError(`value ${value} on -t or --timeout is invalid`);
  return seconds;
}

function parsePacketInFormat(value: string): PacketInFormat {
  const format = Object.hasOwn(packetInFormats, value) ? packetInFormats[value] : undefined;
  if (format === undefined) throw new UserError(`unknown packet-in format \`${value}'`);
  return format;
}

function parseSortKey(name: string | undefined, descending: boolean): SortKey {
  if (name === undefined || name.toLowerCase() === "priority") return { descending, field: undefined };
  const found = /^(NXM|OXM|NXOXM|ONFOXM|ERICOXM)_/.test(name) ? undefined : fieldByName(name);
  if (found === undefined) throw new UserError(`${name}: unknown field name`);
  return { descending, field: found === field("in_port_oxm") ? field("in_port") : found };
}

function parseColor(value: string | undefined): OfctlSettings["color"] {
  if (value === undefined) return "auto";
  if (value === "always" || value === "never" || value === "auto") return value;
  throw new UserError(`incorrect value \`${value}' for --color`);
}

function parseVersions(text: string): Version[] {
  return text
    .split(/[ ,\t]+/)
    .filter((word) => word !== "")
    .map((word) => {
      const version = parseVersionName(word);
      if (version === undefined) throw new UserError(`Unknown OpenFlow version: "${word}"`);
      return version;
    });
}

function parseFormat(value: string): boolean {
  if (value === "json" || value === "text") return value === "json";
  throw new UserError(`option -f or --format requires an argument of 'json' or 'text', not '${value}'`);
}

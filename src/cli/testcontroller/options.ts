import { versionBitmap } from "#openflow/hello.js";
import { parseVersionName, type Version } from "#openflow/version.js";
import { daemonOptionRows } from "#runtime/daemon-options.js";
import { allVersions } from "#runtime/openflow-connection.js";
import type { OptionRow, ParsedOption } from "#runtime/options.js";
import { tlsOptionRows } from "#runtime/stream-options.js";
import { vlogOptionRows } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";
import { type TlsOptions, tlsActions } from "../tls-options.js";

/** Options of ovs-testcontroller besides those of every daemon. */
const ownOptionRows: readonly OptionRow[] = [
  { name: "hub", short: "H", argument: "none" },
  { name: "noflow", short: "n", argument: "none" },
  { name: "normal", short: "N", argument: "none" },
  { name: "wildcards", short: "w", argument: "optional" },
  { name: "max-idle", argument: "required" },
  { name: "mute", argument: "none" },
  { name: "queue", short: "q", argument: "required" },
  { name: "port-queue", short: "Q", argument: "required" },
  { name: "with-flows", argument: "required" },
];

const protocolRows: readonly OptionRow[] = [{ name: "protocols", short: "O", argument: "required" }];
const caRows: readonly OptionRow[] = [
  { name: "peer-ca-cert", argument: "required" },
  { name: "bootstrap-ca-cert", argument: "required" },
];

/** All options, in upstream's order, which shows where an abbreviation is ambiguous. */
export const testcontrollerOptionRows: readonly OptionRow[] = [
  ...ownOptionRows,
  { name: "unixctl", argument: "required" },
  { name: "help", short: "h", argument: "none" },
  ...daemonOptionRows,
  { name: "version", short: "V", argument: "none" },
  ...protocolRows,
  ...vlogOptionRows,
  ...tlsOptionRows,
  ...caRows,
];

/** Those of them that are this program's own. */
export const programOptionRows: readonly OptionRow[] = [...ownOptionRows, ...protocolRows, ...tlsOptionRows, ...caRows];

/**
 * OpenFlow 1.0's wildcards of `-w` without a number: what is switched by Ethernet addresses alone. The manual says 0x2820F0; the program
 * leaves the VLAN's priority out too.
 */
const layer2Wildcards = 0x3820f0;

/** What the options ask for. */
export interface TestcontrollerSettings {
  /** Packets go to every port, and nothing is learned. */
  readonly hub: boolean;
  /** Packets to addresses that are known go to the switch's own forwarding instead of the port. */
  readonly normal: boolean;
  /** Flows are installed. */
  readonly installsFlows: boolean;
  /** What flows do not look at: OFPFW_* bits of OpenFlow 1.0. */
  readonly wildcards: number;
  /** Seconds without a packet after which flows are dropped; 0 never. */
  readonly maxIdle: number;
  /** Nothing that switches send is answered. */
  readonly mute: boolean;
  readonly defaultQueue: number | undefined;
  /** Queues by the names of the ports that packets came in at. */
  readonly portQueues: ReadonlyMap<string, number>;
  /** Files of flows. */
  readonly flowFiles: readonly string[];
  /** The versions to speak, as bits of their numbers. */
  readonly versions: number;
  readonly tls: TlsOptions;
  /** What is said of options that others put out of force. */
  readonly warnings: readonly string[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the program's options. Throws `UserError`. */
export function readTestcontrollerOptions(options: readonly ParsedOption[]): TestcontrollerSettings {
  const portQueues = new Map<string, number>();
  const flowFiles: string[] = [];
  const tls: Writable<TlsOptions> = {};
  const settings: Writable<TestcontrollerSettings> = {
    hub: false,
    normal: false,
    installsFlows: true,
    wildcards: 0,
    maxIdle: 60,
    mute: false,
    defaultQueue: undefined,
    portQueues,
    flowFiles,
    versions: allVersions,
    tls,
    warnings: [],
  };
  const actions: Readonly<Record<string, (value: string) => void>> = {
    hub: () => void (settings.hub = true),
    noflow: () => void (settings.installsFlows = false),
    normal: () => void (settings.normal = true),
    wildcards: (value) => void (settings.wildcards = value === "" ? layer2Wildcards : hexadecimal(value)),
    "max-idle": (value) => void (settings.maxIdle = parseMaxIdle(value)),
    mute: () => void (settings.mute = true),
    queue: (value) => void (settings.defaultQueue = leadingNumber(value)),
    "port-queue": (value) => addPortQueue(portQueues, value),
    "with-flows": (value) => void flowFiles.push(value),
    protocols: (value) => void (settings.versions = parseVersions(value)),
    ...tlsActions(tls),
  };
  for (const { name, value } of options) actions[name]?.(value ?? "");
  return { ...settings, ...withoutConflicts(settings) };
}

/** Queues need to know the port, so they exclude what does not name one. */
function withoutConflicts({
  defaultQueue,
  portQueues,
  hub,
  normal,
}: TestcontrollerSettings): Pick<TestcontrollerSettings, "hub" | "normal" | "warnings"> {
  if (defaultQueue === undefined && portQueues.size === 0) return { hub, normal, warnings: [] };
  const warnings: string[] = [];
  if (normal) warnings.push("queue IDs are incompatible with -N or --normal; not using OFPP_NORMAL");
  if (hub) warnings.push("queue IDs are incompatible with -H or --hub; not acting as hub");
  return { hub: false, normal: false, warnings };
}

/** What strtoul(3) makes of a text in base 16. */
function hexadecimal(text: string): number {
  const digits = /^\s*\+?(?:0x)?([0-9a-f]*)/i.exec(text)![1]!;
  return digits === "" ? 0 : Number(BigInt.asUintN(32, BigInt(`0x${digits}`)));
}

/** What atoi(3) makes of a text, in 32 bits. */
function leadingNumber(text: string): number {
  const digits = /^\s*[+-]?\d+/.exec(text)?.[0].trim() ?? "0";
  return Number(BigInt.asUintN(32, BigInt(digits.replace("+", ""))));
}

function parseMaxIdle(text: string): number {
  if (text === "permanent") return 0;
  const seconds = leadingNumber(text);
  if (seconds >= 1 && seconds <= 65535) return seconds;
  throw new UserError("--max-idle argument must be between 1 and 65535 or the word 'permanent'");
}

function addPortQueue(queues: Map<string, number>, text: string): void {
  const found = /^:*([^:]+):+([^:]+)/.exec(text);
  if (found === null || text.startsWith(":")) {
    throw new UserError('argument to -Q or --port-queue should take the form "<port-name>:<queue-id>"');
  }
  const name = found[1]!;
  if (queues.has(name)) throw new UserError("<port-name> arguments for -Q or --port-queue must be unique");
  queues.set(name, leadingNumber(found[2]!));
}

function parseVersions(text: string): number {
  const wanted = text
    .split(/[ ,\t]+/)
    .filter((word) => word !== "")
    .map((word): Version => {
      const version = parseVersionName(word);
      if (version === undefined) throw new UserError(`Unknown OpenFlow version: "${word}"`);
      return version;
    });
  return wanted.length === 0 ? allVersions : versionBitmap(wanted);
}

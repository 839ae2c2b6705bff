import type { OptionRow, ParsedOption } from "#runtime/options.js";
import { streamUsage } from "#runtime/stream-options.js";
import { UserError } from "#util/errors.js";
import type { TlsFileOptions } from "./tls-source.js";

/** Options of ovs-vswitchd besides those of every daemon. */
export const vswitchdOptionRows: readonly OptionRow[] = [
  { name: "mlockall", argument: "none", support: "accepted" },
  { name: "private-key", short: "p", argument: "required" },
  { name: "certificate", short: "c", argument: "required" },
  { name: "ca-cert", short: "C", argument: "required" },
  { name: "peer-ca-cert", argument: "required" },
  { name: "bootstrap-ca-cert", argument: "required" },
  { name: "ssl-protocols", argument: "required" },
  { name: "ssl-ciphers", argument: "required" },
  { name: "ssl-ciphersuites", argument: "required" },
  { name: "enable-dummy", argument: "optional" },
  { name: "disable-system", argument: "none" },
  { name: "disable-system-route", argument: "none", support: "accepted" },
  { name: "dpdk", argument: "optional" },
  { name: "hw-rawio-access", argument: "none", support: "accepted" },
];

/** What dummy devices stand in for: nothing but what asks for them, system devices, or every device and datapath. */
type DummyLevel = "none" | "new" | "system" | "override";

/** What the command line of ovs-vswitchd asks for. */
export interface VswitchdCommandLine {
  readonly dummies: DummyLevel;
  readonly systemDevices: boolean;
  readonly tls: TlsFileOptions;
}

function dummyLevel(option: ParsedOption | undefined): DummyLevel {
  if (!option) return "none";
  const { value } = option;
  if (value === undefined || value === "") return "new";
  if (value === "override" || value === "system") return value;
  throw new UserError(`${value}: unknown dummy level`);
}

/** Reads ovs-vswitchd's own options. Throws `UserError`. */
export function readVswitchdOptions(options: readonly ParsedOption[]): VswitchdCommandLine {
  const last = (name: string): ParsedOption | undefined => options.findLast((o) => o.name === name);
  if (last("dpdk")) throw new UserError("--dpdk must be given at beginning of command line.");
  return {
    dummies: dummyLevel(last("enable-dummy")),
    systemDevices: !last("disable-system"),
    tls: readTls((name) => last(name)?.value),
  };
}

function readTls(value: (name: string) => string | undefined): TlsFileOptions {
  return {
    privateKey: value("private-key"),
    certificate: value("certificate"),
    caCertificate: value("ca-cert"),
    bootstrapCaCertificate: value("bootstrap-ca-cert"),
    peerCaCertificate: value("peer-ca-cert"),
    protocols: value("ssl-protocols"),
    ciphers: value("ssl-ciphers"),
    cipherSuites: value("ssl-ciphersuites"),
  };
}

/** What `ovs-vswitchd --help` prints; the daemon's and the logging options come from those who own them. */
export function vswitchdHelp(runDirectory: string, daemonUsage: string, vlogUsage: string): string {
  return `ovs-vswitchd: Open vSwitch daemon
usage: ovs-vswitchd [OPTIONS] [DATABASE]
where DATABASE is a socket on which ovsdb-server is listening
      (default: "unix:${runDirectory}/db.sock").

${streamUsage("DATABASE", "active")}${daemonUsage}${vlogUsage}
DPDK options:
Configuration of DPDK via command-line is removed from this
version of Open vSwitch. DPDK is configured through ovsdb.

Other options:
  --unixctl=SOCKET          override default control socket name
  -h, --help                display this help message
  -V, --version             display version information
`;
}

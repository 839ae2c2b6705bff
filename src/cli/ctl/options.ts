import type { OptionRow, ParsedOption } from "#runtime/options.js";
import { UserError } from "#util/errors.js";

const flag = (name: string, support?: "accepted" | "missing"): OptionRow => ({
  name,
  argument: "none",
  ...(support && { support }),
});
const value = (name: string, support?: "accepted" | "missing"): OptionRow => ({
  name,
  argument: "required",
  ...(support && { support }),
});

/** Options of `ovs-ctl`. What is `accepted` has no effect on programs of ours. */
export const ctlOptionRows: readonly OptionRow[] = [
  value("system-id"),
  value("system-type"),
  value("system-version"),
  value("external-id"),
  flag("delete-bridges"),
  flag("delete-transient-ports"),
  value("ovs-user"),
  value("user"),
  value("daemon-cwd"),
  flag("no-monitor"),
  flag("no-self-confinement"),
  flag("no-force-corefiles", "accepted"),
  flag("dump-hugepages", "accepted"),
  flag("mlockall"),
  flag("no-mlockall"),
  value("ovsdb-server-priority"),
  value("ovs-vswitchd-priority"),
  value("ovsdb-server-options"),
  value("ovs-vswitchd-options"),
  value("ovsdb-server-wrapper", "missing"),
  value("ovs-vswitchd-wrapper", "missing"),
  flag("no-ovsdb-server"),
  flag("no-ovs-vswitchd"),
  flag("no-full-hostname"),
  flag("no-record-hostname"),
  value("db-file"),
  value("db-sock"),
  value("db-schema"),
  value("extra-dbs"),
  value("protocol", "missing"),
  value("sport", "missing"),
  value("dport", "missing"),
  value("ike-daemon", "missing"),
  flag("no-restart-ike-daemon", "missing"),
  { name: "help", short: "h", argument: "none" },
  { name: "version", short: "V", argument: "none" },
];

/** A command line of `ovs-ctl`, read. */
export interface CtlOptions {
  /** The last value of an option. */
  value(name: string): string | undefined;
  values(name: string): readonly string[];
  has(name: string): boolean;
}

/** Gives options by name. Throws `UserError` for those that cannot have what they ask for. */
export function ctlOptions(options: readonly ParsedOption[]): CtlOptions {
  const values = (name: string): string[] => options.flatMap((o) => (o.name === name ? [o.value ?? ""] : []));
  const wrapper = options.find(({ name }) => name.endsWith("-wrapper"));
  if (wrapper) throw new UserError(`--${wrapper.name}: daemons of Weft run under no wrapper`);
  return { values, value: (name) => values(name).at(-1), has: (name) => options.some((o) => o.name === name) };
}

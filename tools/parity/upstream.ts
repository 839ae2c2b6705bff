import appctl from "../../docs/reference/upstream/appctl.json" with { type: "json" };
import otherConfig from "../../docs/reference/upstream/other-config.json" with { type: "json" };
import programs from "../../docs/reference/upstream/programs.json" with { type: "json" };

/** What upstream's programs are called, and their options and commands: names only. */
export interface UpstreamProgram {
  readonly what: string;
  readonly note?: string;
  /** Long options without dashes. */
  readonly options: readonly string[];
  /** Options of each command, without dashes. */
  readonly commands: { readonly [name: string]: readonly string[] };
}

export const upstreamPrograms: ReadonlyMap<string, UpstreamProgram> = new Map(
  Object.entries(programs as unknown as Record<string, UpstreamProgram>),
);

/** The appctl commands of a daemon with their usage. Those `retired` are in 3.1 and not in 4.0. */
export interface UpstreamAppctl {
  readonly current: ReadonlyMap<string, string>;
  readonly retired: ReadonlyMap<string, string>;
}

export const upstreamAppctl: ReadonlyMap<string, UpstreamAppctl> = new Map([
  [
    "ovs-vswitchd",
    {
      current: new Map(Object.entries(appctl["ovs-vswitchd"])),
      retired: new Map(Object.entries(appctl["ovs-vswitchd 3.1 only"])),
    },
  ],
  ["ovsdb-server", { current: new Map(Object.entries(appctl["ovsdb-server"])), retired: new Map() }],
]);

/** The documented keys of `other_config`, by table. */
export const upstreamOtherConfig: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(otherConfig));

import { appctlOptionRows } from "#cli/appctl/options.js";
import { ctlCommands } from "#cli/ctl/main.js";
import { ctlOptionRows } from "#cli/ctl/options.js";
import { globalOptionRows } from "#cli/db-ctl/global-options.js";
import { dpctlOptionRows } from "#cli/dpctl/options.js";
import { ofctlCommands } from "#cli/ofctl/commands.js";
import { ofctlOptionRows } from "#cli/ofctl/options.js";
import { clientCommands } from "#cli/ovsdb-client/commands.js";
import { clientOptionRows } from "#cli/ovsdb-client/options.js";
import { toolCommands } from "#cli/ovsdb-tool/commands.js";
import { toolOptionRows } from "#cli/ovsdb-tool/main.js";
import { saveCommands } from "#cli/save/main.js";
import { testcontrollerOptionRows } from "#cli/testcontroller/options.js";
import { vsctlCommands } from "#cli/vsctl/main.js";
import { dpctlCommands } from "#datapath/commands/dpctl.js";
import type { DpctlHost } from "#datapath/commands/dpctl-arguments.js";
import type { DummyDevices } from "#datapath/dummy/dummy-devices.js";
import type { HostAnswers } from "#host/host-answers.js";
import type { OfprotoSwitches } from "#ofproto/switches.js";
import { appctlCommands } from "#ovsdb-server/appctl-commands.js";
import type { DatabaseServer } from "#ovsdb-server/database-server.js";
import { serverOptionRows } from "#ovsdb-server/server-command-line.js";
import type { AppctlCommand } from "#runtime/command.js";
import { Coverage } from "#runtime/coverage.js";
import { daemonCommands } from "#runtime/daemon-commands.js";
import { commonOptionRows } from "#runtime/daemon-main.js";
import type { OptionRow } from "#runtime/options.js";
import { recordingLog } from "#runtime/recording-log.js";
import { UnixctlServer } from "#runtime/unixctl-server.js";
import type { Vlog } from "#runtime/vlog.js";
import type { WarpClock } from "#runtime/warp-clock.js";
import type { Clock } from "#util/clock.js";
import { vswitchdCommands } from "#vswitchd/appctl-commands.js";
import { vswitchdOptionRows } from "#vswitchd/command-line.js";

/** A name of ours, and where it falls short. */
export interface OurName {
  readonly name: string;
  readonly support?: "accepted" | "missing";
}

interface OurCommand extends OurName {
  /** Without dashes and `=`. */
  readonly options: readonly string[];
}

export interface OurProgram {
  readonly options: readonly OurName[];
  readonly commands: readonly OurCommand[];
}

/** The options and commands of each program in `bin/` that upstream has too. */
export const ourPrograms: ReadonlyMap<string, OurProgram> = new Map<string, OurProgram>([
  [
    "ovs-vsctl",
    {
      options: globalOptionRows,
      commands: vsctlCommands.map(({ name, options }) => ({ name, options: options.map((o) => o.replace("=", "")) })),
    },
  ],
  ["ovs-ofctl", { options: ofctlOptionRows, commands: ofctlCommands.map(({ name }) => ({ name, options: [] })) }],
  [
    "ovs-dpctl",
    {
      options: dpctlOptionRows,
      commands: [...dpctlCommands(unused<DpctlHost>()).map(({ name }) => name.replace("dpctl/", "")), "help"].map(
        (name) => ({
          name,
          options: [],
        }),
      ),
    },
  ],
  ["ovs-appctl", { options: appctlOptionRows, commands: [] }],
  ["ovsdb-tool", { options: toolOptionRows, commands: toolCommands.map((c) => ({ ...c, options: [] })) }],
  [
    "ovsdb-client",
    {
      // Upstream's manual tells of --force with the one command that it is for, and not of `help`.
      options: clientOptionRows.filter(({ name }) => name !== "force"),
      commands: clientCommands
        .filter(({ name }) => name !== "help")
        .map(({ name }) => ({ name, options: name === "restore" ? ["force"] : [] })),
    },
  ],
  ["ovsdb-server", { options: serverOptionRows, commands: [] }],
  ["ovs-testcontroller", { options: testcontrollerOptionRows, commands: [] }],
  ["ovs-ctl", { options: ctlOptionRows, commands: ctlCommands.map((c) => ({ ...c, options: [] })) }],
  ["ovs-save", { options: [], commands: saveCommands.map((name) => ({ name, options: [] })) }],
  ["ovs-vswitchd", { options: [...vswitchdOptionRows, ...commonOptionRows] satisfies OptionRow[], commands: [] }],
]);

/** Stands for what the commands act on: only their names are wanted here. */
function unused<T extends object>(): T {
  const refuse = (): never => {
    throw new Error("only names are listed here");
  };
  return new Proxy({} as T, { get: refuse, set: refuse, has: refuse });
}

/** Everything a daemon's control socket offers. */
function offered(program: string, own: readonly AppctlCommand[]): readonly AppctlCommand[] {
  const control = new UnixctlServer(recordingLog());
  const common = daemonCommands({
    program,
    log: unused<Vlog>(),
    clock: unused<Clock>(),
    coverage: new Coverage(),
    memory: [],
    cleanup: program === "ovs-vswitchd",
    exit: () => {},
  });
  control.register([...common, ...own]);
  return control.commands();
}

/** The appctl commands of each daemon, those of `--enable-dummy` among them. */
export const ourAppctl: ReadonlyMap<string, readonly AppctlCommand[]> = new Map([
  [
    "ovs-vswitchd",
    offered(
      "ovs-vswitchd",
      vswitchdCommands({
        switches: unused<OfprotoSwitches>(),
        dpctl: { datapaths: unused() } as unknown as DpctlHost,
        clock: unused<WarpClock>(),
        dummies: unused<DummyDevices>(),
        askHost: unused<() => Promise<HostAnswers>>(),
      }),
    ),
  ],
  ["ovsdb-server", offered("ovsdb-server", appctlCommands(unused<DatabaseServer>()))],
]);

import { OvsdbError } from "#ovsdb/error.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import type { DatabaseServer } from "./database-server.js";
import { formatExcludedTables, parseExcludedTables } from "./excluded-tables.js";

type Run = (args: readonly string[]) => Json | Promise<Json>;

/** The server's refusals reach the user of appctl as their one-line text. */
async function refusing(run: Run, args: readonly string[]): Promise<Json> {
  try {
    return await run(args);
  } catch (error) {
    if (error instanceof OvsdbError) throw new UserError(error.message);
    throw error;
  }
}

function command(name: string, usage: string, minArgs: number, maxArgs: number, run: Run): AppctlCommand {
  return { name, usage, minArgs, maxArgs, run: (args) => refusing(run, args) };
}

/** A command that has nothing to tell and nothing to do here. */
function empty(name: string, answer: string): AppctlCommand {
  return { ...command(name, "", 0, 0, () => answer), support: "accepted" };
}

/** A command whose data is a list of names, printed one a line. */
function listing(name: string, run: () => readonly string[]): AppctlCommand {
  return {
    name,
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => run(),
    text: (names) => (names as readonly string[]).map((line) => `${line}\n`).join(""),
  };
}

const nothing = (run: (args: readonly string[]) => void): Run => {
  return (args) => {
    run(args);
    return "";
  };
};

/** What changes what a configuration file says, or the state that is kept for a restart. */
const configuredOnly: ReadonlySet<string> = new Set(
  [
    "add-db",
    "remove-db",
    "add-remote",
    "remove-remote",
    "connect-active-ovsdb-server",
    "disconnect-active-ovsdb-server",
    "set-active-ovsdb-server",
    "set-active-ovsdb-server-probe-interval",
    "set-relay-source-probe-interval",
    "set-sync-exclude-tables",
  ].map((name) => `ovsdb-server/${name}`),
);

export interface ServerCommandHooks {
  /** Reads the configuration file again, where there is one; then nothing else changes what it says. */
  reload?(): Promise<void>;
  /** Called after a command that may have changed remotes, databases or the role. */
  changed?(): void;
}

/** What `ovs-appctl -t ovsdb-server` can do beyond what every daemon has. */
export function appctlCommands(server: DatabaseServer, hooks: ServerCommandHooks = {}): AppctlCommand[] {
  const { reload, changed } = hooks;
  const all = [...generalCommands(server), ...activeBackup(server), reloading(reload)];
  return all.map((row) => {
    if (!configuredOnly.has(row.name)) return row;
    if (!reload) {
      const run: Run = async (args) => {
        const answer = await row.run(args);
        changed?.();
        return answer;
      };
      return { ...row, run };
    }
    const refused: Run = () => {
      throw new UserError(`${row.name}: not allowed with --config-file; change the file and run ovsdb-server/reload`);
    };
    return { ...row, run: refused };
  });
}

function reloading(reload: (() => Promise<void>) | undefined): AppctlCommand {
  return command("ovsdb-server/reload", "", 0, 0, async () => {
    if (!reload) throw new UserError("ovsdb-server was started without --config-file");
    await reload();
    return "";
  });
}

function generalCommands(server: DatabaseServer): AppctlCommand[] {
  return [
    command(
      "ovsdb-server/add-db",
      "DB",
      1,
      1,
      nothing(([path]) => server.addDatabase(path!)),
    ),
    command(
      "ovsdb-server/remove-db",
      "DB",
      1,
      1,
      nothing(([name]) => server.removeDatabase(name!)),
    ),
    listing("ovsdb-server/list-dbs", () => server.databaseNames()),
    command("ovsdb-server/add-remote", "REMOTE", 1, 1, async ([remote]) => {
      await server.addRemote(remote!);
      return "";
    }),
    command("ovsdb-server/remove-remote", "REMOTE", 1, 1, async ([remote]) => {
      await server.removeRemote(remote!);
      return "";
    }),
    listing("ovsdb-server/list-remotes", () => server.remoteNames()),
    command("ovsdb-server/compact", "", 0, 1, async ([name]) => {
      await server.compact(name);
      return "";
    }),
    command(
      "ovsdb-server/memory-trim-on-compaction",
      "on|off",
      1,
      1,
      nothing(([state]) => server.setMemoryTrim(state!)),
    ),
    command(
      "ovsdb-server/reconnect",
      "",
      0,
      0,
      nothing(() => server.reconnect("user ran ovsdb-server/reconnect")),
    ),
    command(
      "ovsdb-server/disable-monitor-cond",
      "",
      0,
      0,
      nothing(() => server.disableMonitorCond()),
    ),
    command("ovsdb-server/get-db-storage-status", "DB", 1, 1, ([name]) => server.storageStatus(name!)),
    command(
      "ovsdb-server/tlog-set",
      "DB:TABLE on|off",
      2,
      2,
      nothing(([table, state]) => server.setTableLog(table!, state!)),
    ),
    tableLogs(server),
    empty("ovsdb-server/perf-counters-show", "performance counter is not supported on this platform\n"),
    empty("ovsdb-server/perf-counters-clear", ""),
  ];
}

function tableLogs(server: DatabaseServer): AppctlCommand {
  return {
    name: "ovsdb-server/tlog-list",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => server.tableLogs(),
    text(data) {
      const lines = [
        "database        table                       logging",
        "--------        -----                       -------",
      ];
      for (const [database, tables] of Object.entries(data as Record<string, Record<string, boolean>>)) {
        lines.push(`${database.padEnd(16)} `);
        for (const [table, on] of Object.entries(tables)) {
          lines.push(`${"".padEnd(16)}${table.padEnd(27)} ${on ? "ON" : "OFF"}`);
        }
      }
      return `${lines.join("\n")}\n`;
    },
  };
}

/** The role of the server in an active-backup pair (ovsdb-server(1) "Active-Backup Commands"). */
function activeBackup(server: DatabaseServer): AppctlCommand[] {
  return [
    command("ovsdb-server/sync-status", "", 0, 0, () => server.syncStatus()),
    command("ovsdb-server/get-active-ovsdb-server", "", 0, 0, () => line(server.sync.from)),
    command("ovsdb-server/get-sync-exclude-tables", "", 0, 0, () => line(formatExcludedTables(server.sync.excluded))),
    command("ovsdb-server/connect-active-ovsdb-server", "", 0, 0, () => {
      if (server.sync.from === undefined) return "Unable to connect: active server is not specified.\n";
      server.sync.connect();
      return "";
    }),
    command(
      "ovsdb-server/disconnect-active-ovsdb-server",
      "",
      0,
      0,
      nothing(() => server.sync.disconnect()),
    ),
    command(
      "ovsdb-server/set-active-ovsdb-server",
      "",
      1,
      1,
      nothing(([from]) => server.sync.setFrom(from!)),
    ),
    command("ovsdb-server/set-active-ovsdb-server-probe-interval", "", 1, 1, ([text]) => {
      if (!/^\s*[-+]?\d+$/.test(text!)) return "Invalid probe interval, integer value expected\n";
      server.sync.setProbeInterval(Math.max(0, Number(text)));
      return "";
    }),
    command(
      "ovsdb-server/set-sync-exclude-tables",
      "",
      1,
      1,
      nothing(([tables]) => server.sync.setExcluded(parseExcludedTables(tables!))),
    ),
    command("ovsdb-server/set-relay-source-probe-interval", "", 1, 1, ([text]) => {
      if (!/^\s*[-+]?\d+$/.test(text!)) return "Invalid probe interval, integer value expected\n";
      server.setRelayProbeInterval(Math.max(0, Number(text)));
      return "";
    }),
  ];
}

function line(text: string | undefined): string {
  return text === undefined || text === "" ? "" : `${text}\n`;
}

import { parseTable } from "#openflow/flow-text-table.js";
import { messageToJson } from "#openflow/messages/json.js";
import { formatMessage } from "#openflow/messages/print.js";
import type { TableFeatures } from "#openflow/messages/table/features-model.js";
import type { TableDesc } from "#openflow/messages/table/table-desc.js";
import { parseTableSetting, type TableMod } from "#openflow/messages/table/table-mod.js";
import { OF13, OF14, OF15, type Version, versionName } from "#openflow/version.js";
import { UserError } from "#util/errors.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { printMessage } from "./print-message.js";
import { type Switch, withSwitch } from "./switch.js";
import { allNamesToShow, namesToAccept } from "./switch-names.js";

const ALL_TABLES = 255;
/** Tables that a switch may have. */
const HIGHEST = 254;

/** A command that prints what a switch tells of its tables, in versions that can. */
function dump(
  name: string,
  kind: "table_stats_request" | "table_desc_request",
  since: Version | undefined,
): OfctlCommand {
  return {
    name,
    usage: "switch",
    minArgs: 1,
    maxArgs: 1,
    readOnly: true,
    run: ([target = ""], context) =>
      withSwitch(target, context, async (on) => {
        if (since !== undefined) needVersion(on, name, since);
        const parts: Uint8Array[] = [];
        for await (const part of on.replies({ kind })) parts.push(part);
        // Counters are shown by the tables' numbers, whatever names they have.
        const names = kind === "table_desc_request" ? await allNamesToShow(target, context) : {};
        for (const part of parts) printMessage(part, context, context.settings.verbosity + 1, names);
      }),
  };
}

/** Throws `UserError` where a connection's version is too old for a command. */
function needVersion(on: Switch, command: string, since: Version): void {
  if (on.version >= since) return;
  throw new UserError(`${command} needs OpenFlow 1.${since - 1} or later ('-O ${versionName(since)}')`);
}

const dumpTableFeatures: OfctlCommand = {
  name: "dump-table-features",
  usage: "switch",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: ([name = ""], context) =>
    withSwitch(name, context, async (on) => {
      needVersion(on, "dump-table-features", OF13);
      const tables = await allFeatures(on);
      const body = { kind: "table_features_reply", tables } as const;
      const message = { version: on.version, xid: 0, name: "", flags: 0, body };
      if (context.settings.json) context.io.stdout(`${JSON.stringify(messageToJson(message))}\n`);
      // All parts of the reply are told as one, and without a title.
      else context.io.stdout(`${formatMessage(message).replace(/^.*\n/, "")}\n\n`);
    }),
};

/** Throws `UserError` where a setting cannot be said in a connection's version. */
function checkVersion(on: Switch, setting: string, versions: readonly Version[]): void {
  if (versions.includes(on.version)) return;
  const names = versions.map(versionName).join(", ");
  throw new UserError(`table_mod '${setting}' requires one of the OpenFlow versions ${names}`);
}

async function allFeatures(on: Switch): Promise<TableFeatures[]> {
  const tables: TableFeatures[] = [];
  for await (const part of on.replies({ kind: "table_features_request", tables: [] })) {
    const { body } = on.decode(part);
    if (body.kind === "table_features_reply") tables.push(...body.tables);
  }
  return tables;
}

/** Calls a table by another name. Versions before 1.5 have to say all of all tables. */
async function rename(on: Switch, table: number, name: string): Promise<void> {
  const before = await allFeatures(on);
  const found = before.find((one) => one.table === table);
  if (found === undefined) throw new UserError(`table ${table} not found`);
  const tables =
    on.version >= OF15
      ? [{ ...found, name, command: "modify" as const }]
      : before.map((one) => (one.table === table ? { ...one, name } : one));
  for await (const part of on.replies({ kind: "table_features_request", tables })) on.decode(part);
}

async function descriptionOf(on: Switch, table: number): Promise<TableDesc | undefined> {
  for await (const part of on.replies({ kind: "table_desc_request" })) {
    const { body } = on.decode(part);
    const found = body.kind === "table_desc_reply" ? body.tables.find((one) => one.table === table) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a change does not speak of stays as it is. */
async function completed(on: Switch, mod: TableMod): Promise<TableMod> {
  const now = await descriptionOf(on, mod.table);
  if (now === undefined) return mod;
  const { vacancy, eviction, evictionFlags } = now;
  return {
    ...mod,
    ...(mod.eviction === undefined ? { eviction, ...(evictionFlags !== undefined && { evictionFlags }) } : {}),
    ...(mod.vacancy === undefined
      ? {
          vacancy: vacancy !== undefined,
          ...(vacancy === undefined ? {} : { vacancyLimits: { down: vacancy.down, up: vacancy.up } }),
        }
      : {}),
  };
}

const modTable: OfctlCommand = {
  name: "mod-table",
  usage: "switch mod",
  minArgs: 3,
  maxArgs: 3,
  readOnly: false,
  run: async ([name = "", word = "", setting = ""], context) => {
    const names = await namesToAccept(name, context);
    const table = word.toLowerCase() === "all" ? ALL_TABLES : parseTable(word, names);
    if (setting.startsWith("name:")) return changeName(name, table, setting, context);
    const { mod, versions } = parseTableSetting(table, setting);
    return withSwitch(name, context, async (on) => {
      checkVersion(on, setting, versions);
      if (on.version < OF14) {
        await on.tell(mod);
        return;
      }
      const last = table === ALL_TABLES ? HIGHEST - 1 : table;
      for (let one = table === ALL_TABLES ? 0 : table; one <= last; one++) {
        await on.tell(await completed(on, { ...mod, table: one }));
      }
    });
  },
};

function changeName(name: string, table: number, setting: string, context: OfctlContext): Promise<number> {
  return withSwitch(name, context, async (on) => {
    checkVersion(on, setting, [OF13, OF14, OF15]);
    await rename(on, table, setting.slice("name:".length));
  });
}

/** Commands about tables. */
export const tableCommands: readonly OfctlCommand[] = [
  dump("dump-tables", "table_stats_request", undefined),
  dumpTableFeatures,
  dump("dump-table-desc", "table_desc_request", OF14),
  modTable,
];

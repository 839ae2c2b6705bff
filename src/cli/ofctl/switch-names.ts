import type { FlowParseOptions } from "#openflow/flow-text.js";
import type { MessageTextOptions } from "#openflow/messages/message.js";
import { showRawText } from "#openflow/messages/raw-text.js";
import { shownName } from "#openflow/shown-name.js";
import { OF13 } from "#openflow/version.js";
import { complaints } from "./complaints.js";
import type { OfctlContext } from "./ofctl-command.js";
import { Switch } from "./switch.js";
import { fetchPorts, portNames, showsNames } from "./switch-ports.js";

/** Names of tables both ways, asked for over a connection of its own as upstream has it. Those that are called as switches call them are left out. */
async function fetchTables(name: string, context: OfctlContext): Promise<ReadonlyMap<number, string>> {
  const names = new Map<number, string>();
  const on = await Switch.open(name, context);
  try {
    const kind = on.version >= OF13 ? "table_features_request" : "table_stats_request";
    const request = kind === "table_features_request" ? ({ kind, tables: [] } as const) : ({ kind } as const);
    for await (const part of on.replies(request)) {
      const { body } = on.decode(part);
      if (body.kind === "table_features_reply") for (const t of body.tables) names.set(t.table, t.name);
      if (body.kind === "table_stats_reply") {
        for (const t of body.tables) if (t.features !== undefined) names.set(t.table, t.features.name);
      }
    }
  } finally {
    on.close();
  }
  return withoutUsual(names);
}

/** A switch that was told no names calls its tables `table0`, `classifier` and the like; these are no names to show. */
function withoutUsual(names: ReadonlyMap<number, string>): ReadonlyMap<number, string> {
  return new Map(
    [...names]
      .map(([table, name]) => [table, showRawText(name)] as const)
      .filter(([table, name]) => name !== "" && name !== `table${table}`),
  );
}

/** What a switch was asked once, by its name; for each run of the tool. */
const asked = new WeakMap<object, Map<string, Promise<FlowParseOptions>>>();

/** As `askNames`, but a switch is asked once only. */
export function namesToAccept(name: string, context: OfctlContext): Promise<FlowParseOptions> {
  let known = asked.get(context.xids);
  if (known === undefined) asked.set(context.xids, (known = new Map()));
  let answer = known.get(name);
  if (answer === undefined) known.set(name, (answer = askNames(name, context)));
  return answer;
}

/** What a person's words may name: the ports and tables of a switch, unless `--no-names` says otherwise. Complaints go to the log. */
async function askNames(name: string, context: OfctlContext): Promise<FlowParseOptions> {
  const warn = complaints(context);
  if (context.settings.names === false) return { warn };
  const { portNumber } = portNames(await fetchPorts(name, context));
  const tables = await fetchTables(name, context);
  const byName = new Map([...tables].map(([table, text]) => [text, table]));
  return { warn, portNumber, tableNumber: (text) => byName.get(text) };
}

/** The names of ports and tables to print with; none where numbers are to be shown. */
export async function allNamesToShow(
  name: string,
  context: OfctlContext,
): Promise<Pick<MessageTextOptions, "portName" | "tableName">> {
  if (!showsNames(context)) return {};
  const { portName } = portNames(await fetchPorts(name, context));
  const tables = await fetchTables(name, context);
  const tableName = (table: number): string | undefined => {
    const text = tables.get(table);
    return text === undefined ? undefined : shownName(text);
  };
  return { portName, tableName };
}

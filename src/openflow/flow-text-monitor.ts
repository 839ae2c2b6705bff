import { UserError } from "#util/errors.js";
import type { FlowParseOptions } from "./flow-text.js";
import { parseTable } from "./flow-text-table.js";
import { type KeyValue, parseKeyValues } from "./key-value.js";
import { MatchWords } from "./match-parse.js";
import { type FlowMonitor, MonitorFlag } from "./messages/flow/flow-monitor-request.js";
import { ALL_TABLES, ANY_GROUP } from "./messages/flow/flow-parts.js";
import { parseUnsigned } from "./number-text.js";
import { OFPP, parseOfport } from "./port-number.js";
import { type ProtocolSet, ProtocolSets } from "./protocol.js";

/** What a monitor may be told to leave out. */
const leftOut: ReadonlyMap<string, number> = new Map([
  ["!initial", MonitorFlag.initial],
  ["!add", MonitorFlag.added],
  ["!delete", MonitorFlag.deleted],
  ["!modify", MonitorFlag.modified],
  ["!actions", MonitorFlag.actions],
  ["!own", MonitorFlag.own],
]);

const ALL_FLAGS = 0x3f;

/**
 * Reads what `ovs-ofctl monitor` takes behind `watch:`, and gives the protocols that can say it. The monitor's number is 0. Throws `UserError`. Ports
 * may have names, as the manual says; upstream takes these for port 0.
 */
export function parseFlowMonitor(
  text: string,
  options: FlowParseOptions = {},
): { readonly monitor: FlowMonitor; readonly usable: ProtocolSet } {
  const match = new MatchWords(options);
  let [flags, table, outPort, outGroup] = [ALL_FLAGS, ALL_TABLES, OFPP.none as number, ANY_GROUP];
  for (const word of parseKeyValues(text)) {
    const flag = leftOut.get(word.key);
    if (flag !== undefined) flags &= ~flag;
    else if (word.key === "table") table = parseTable(need(word), options);
    else if (word.key === "out_port") outPort = parsePort(need(word), options);
    else if (word.key === "out_group") outGroup = parseGroup(need(word));
    else addField(match, word);
  }
  const done = match.done();
  const monitor: FlowMonitor = { id: 0, command: "add", flags, table, outPort, outGroup, match: done };
  return { monitor, usable: match.protocols };
}

function need(word: KeyValue): string {
  if (word.value === "") throw new UserError(`${word.whole}: field ${word.key} missing value`);
  return word.value;
}

function addField(match: MatchWords, word: KeyValue): void {
  let isKnown: boolean;
  try {
    isKnown = match.add(word) || match.addProtocol(word.key);
  } catch (e) {
    const isMissing = e instanceof UserError && e.message === `field ${word.key} missing value`;
    throw isMissing ? new UserError(`${word.whole}: ${e.message}`) : e;
  }
  if (!isKnown) {
    need(word);
    throw new UserError(`${word.whole}: unknown keyword ${word.key}`);
  }
  if (match.protocols === ProtocolSets.none) {
    throw new UserError(`${word.key}: match field is not supported for flow monitor`);
  }
}

function parsePort(text: string, options: FlowParseOptions): number {
  const port = parseOfport(text, options);
  if (port === undefined) throw new UserError(`${text} is not a valid OpenFlow port`);
  return port;
}

function parseGroup(text: string): number {
  const group = /^any$/i.test(text) ? ANY_GROUP : parseUnsigned(text);
  if (group === undefined) throw new UserError(`${text} is not a valid OpenFlow group`);
  return group;
}

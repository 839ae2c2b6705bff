import type { Match } from "#flow/match.js";
import { UserError } from "#util/errors.js";
import { parseU16, parseU64 } from "./actions/argument.js";
import { parseActions } from "./actions/parse.js";
import { checkFlowText } from "./flow-text-check.js";
import { parseTable, type TableParseOptions } from "./flow-text-table.js";
import { type KeyValue, parseKeyValues } from "./key-value.js";
import { normalizationWarning, normalizeMatch } from "./match/normalize.js";
import { type MatchParseOptions, MatchWords } from "./match-parse.js";
import { FlowFlag, flowFlagOf } from "./messages/flow/flow-flags.js";
import type { FlowMod, FlowModCommand } from "./messages/flow/flow-mod.js";
import { ALL_TABLES, ANY_GROUP, DEFAULT_PRIORITY } from "./messages/flow/flow-parts.js";
import type { FlowSelection } from "./messages/flow/flow-stats-request.js";
import { OFPG } from "./messages/group/group-number.js";
import { NO_BUFFER } from "./messages/packet/buffer-id.js";
import { OFPP, type PortNames, parseOfport } from "./port-number.js";
import { type ProtocolSet, ProtocolSets, protocolsOfVersions } from "./protocol.js";
import { OF11, OF12, OF13, OF15 } from "./version.js";

/** How flows are read: names that a switch told, and where complaints that are no errors go. */
export interface FlowParseOptions extends MatchParseOptions, PortNames, TableParseOptions {}

/** What `parseFlowMod` may be told to do; with `fromText` the first word says it, and an addition needs no word. */
export type FlowTextCommand = FlowModCommand | "fromText";

/** A flow mod, and the protocols that can say it. */
export interface ParsedFlowMod {
  readonly flowMod: FlowMod;
  readonly usable: ProtocolSet;
}

const commandWord = /^[ \t\r\n,]*(add|modify_strict|modify|delete_strict|delete)(?=[ \t\r\n,]|$)/;

/** What a text says beside its match, as far as it was read. */
interface Said {
  usable: ProtocolSet;
  table: number;
  priority: number;
  cookie: bigint;
  cookieMask: bigint;
  newCookie: bigint | undefined;
  idleTimeout: number;
  hardTimeout: number;
  importance: number;
  outPort: number;
  outGroup: number;
  flags: number;
}

/** Which words a text may have beside its match. */
interface Allowed {
  readonly actions: boolean;
  readonly timeouts: boolean;
  readonly importance: boolean;
  readonly priority: boolean;
  readonly flags: boolean;
  readonly newCookie: boolean;
  readonly outPort: boolean;
  readonly cookieMask: boolean;
  /** It changes nothing. */
  readonly asks?: true;
}

const selecting = { cookieMask: true, importance: false } as const;
const changing = {
  actions: true,
  timeouts: true,
  priority: true,
  flags: true,
  newCookie: true,
  outPort: false,
} as const;
const choosing = { actions: false, timeouts: false, flags: false, newCookie: false, outPort: true } as const;

const allowedBy: Readonly<Record<FlowModCommand, Allowed>> = {
  add: { ...changing, cookieMask: false, importance: true },
  modify: { ...changing, ...selecting },
  modify_strict: { ...changing, ...selecting },
  delete: { ...choosing, ...selecting, priority: false },
  delete_strict: { ...choosing, ...selecting, priority: true },
};

const asking: Allowed = { ...allowedBy.delete, asks: true };

const withoutNumbers = protocolsOfVersions(OF11, OF15);
const sinceCookies = ProtocolSets.nxm | withoutNumbers;

/** The protocols that have a flag. */
function flagProtocols(flag: number): ProtocolSet {
  if (flag === FlowFlag.noPacketCounts || flag === FlowFlag.noByteCounts) return protocolsOfVersions(OF13, OF15);
  return flag === FlowFlag.resetCounts ? protocolsOfVersions(OF12, OF15) : ProtocolSets.any;
}

/** Words of `dump-flows` that mean nothing here. */
const ignored: ReadonlySet<string> = new Set(["duration", "n_packets", "n_bytes", "idle_age", "hard_age"]);

/** What the words of a flow say, one after the other. */
class FlowWords {
  readonly match: MatchWords;
  readonly said: Said = {
    usable: ProtocolSets.any,
    table: ALL_TABLES,
    priority: DEFAULT_PRIORITY,
    cookie: 0n,
    cookieMask: 0n,
    newCookie: undefined,
    idleTimeout: 0,
    hardTimeout: 0,
    importance: 0,
    outPort: OFPP.none,
    outGroup: ANY_GROUP,
    flags: 0,
  };
  readonly #allowed: Allowed;
  readonly #options: FlowParseOptions;

  constructor(allowed: Allowed, options: FlowParseOptions) {
    this.#allowed = allowed;
    this.#options = options;
    this.match = new MatchWords(options);
  }

  add(word: KeyValue): void {
    if (word.key === "table") this.#table(word.value);
    else if (!this.#flag(word.key) && word.key !== "allow_hidden_fields" && !this.#setting(word)) this.#field(word);
  }

  #table(value: string): void {
    needValue("table", value);
    this.said.table = parseTable(value, this.#options);
    // Asking for one table's flows takes no extension.
    if (this.said.table !== ALL_TABLES && !this.#allowed.asks) this.said.usable &= ProtocolSets.tableId;
  }

  #flag(key: string): boolean {
    const flag = this.#allowed.flags ? flowFlagOf(key) : undefined;
    if (flag === undefined) return false;
    this.said.flags |= flag;
    this.said.usable &= flagProtocols(flag);
    return true;
  }

  #field(word: KeyValue): void {
    if (this.match.add(word)) return;
    // A protocol's name may have an argument, which means nothing.
    if (this.match.addProtocol(word.key)) return;
    needValue(word.key, word.value);
    if (!ignored.has(word.key)) throw new UserError(`unknown keyword ${word.key}`);
  }

  /** True where it was a word of the settings that this text may have. */
  #setting({ key, value }: KeyValue): boolean {
    const { said } = this;
    const allowed = this.#allowed;
    const u16 = (): number => parseU16(needValue(key, value), key);
    if (key === "priority" && allowed.priority) said.priority = u16();
    else if (key === "cookie") this.#cookie(needValue(key, value));
    else if (key === "idle_timeout" && allowed.timeouts) said.idleTimeout = u16();
    else if (key === "hard_timeout" && allowed.timeouts) said.hardTimeout = u16();
    else if (key === "importance" && allowed.importance) said.importance = u16();
    else if (key === "out_port" && allowed.outPort) said.outPort = this.#outPort(needValue(key, value));
    else if (key === "out_group" && allowed.outPort) this.#outGroup(needValue(key, value));
    else return false;
    return true;
  }

  #cookie(value: string): void {
    const slash = value.indexOf("/");
    if (slash < 0) {
      if (!this.#allowed.newCookie) {
        throw new UserError("cannot set cookie (to match on a cookie, specify a mask, e.g. cookie=3/-1)");
      }
      this.said.newCookie = parseU64(value);
      return;
    }
    if (!this.#allowed.cookieMask) throw new UserError("flow additions cannot use a cookie mask");
    const cookie = parseU64(value.slice(0, slash));
    this.said.cookieMask = parseU64(value.slice(slash + 1));
    this.said.cookie = cookie & this.said.cookieMask;
    this.said.usable &= sinceCookies;
  }

  #outPort(value: string): number {
    const port = parseOfport(value, this.#options);
    if (port === undefined) throw new UserError(`${value} is not a valid OpenFlow port`);
    return port;
  }

  #outGroup(value: string): void {
    const group = groupNumber(value);
    if (group === undefined) {
      const kinds = "(Valid group IDs are 32-bit nonnegative integers or the keywords ANY or ALL.)";
      this.#options.warn?.("ofp_group", `${value} is not a valid group ID.  ${kinds}`);
      throw new UserError(`${value} is not a valid OpenFlow group`);
    }
    this.said.outGroup = group;
    this.said.usable &= withoutNumbers;
  }
}

function needValue(key: string, value: string): string {
  if (value === "") throw new UserError(`field ${key} missing value`);
  return value;
}

function groupNumber(text: string): number | undefined {
  const word = text.toLowerCase();
  if (word === "all") return OFPG.all;
  if (word === "any") return OFPG.any;
  return /^\d+$/.test(text) && Number(text) < OFPG.max ? Number(text) : undefined;
}

/** Where a text's actions begin, and where the words before them end: `action`, anything, an equals sign. */
function splitActions(text: string): readonly [words: string, actions: string] {
  const at = text.indexOf("action");
  const equals = at < 0 ? -1 : text.indexOf("=", at);
  if (equals < 0) throw new UserError("must specify an action");
  return [text.slice(0, at), text.slice(equals + 1)];
}

const NO_COOKIE = 0xffffffffffffffffn;

/**
 * Reads a flow of "Flow Syntax" in ovs-ofctl(8). Throws `UserError` in upstream's words; `warn` is told where the match was not in normal form.
 */
export function parseFlowMod(text: string, wanted: FlowTextCommand, options: FlowParseOptions = {}): ParsedFlowMod {
  const found = wanted === "fromText" ? commandWord.exec(text) : null;
  const command = wanted === "fromText" ? ((found?.[1] ?? "add") as FlowModCommand) : wanted;
  const rest = found === null ? text : text.slice(found[0].length);
  const allowed = allowedBy[command];
  const [before, actionText] = allowed.actions ? splitActions(rest) : [rest, undefined];
  const words = new FlowWords(allowed, options);
  for (const word of parseKeyValues(before)) words.add(word);
  const { said } = words;
  const actions = actionText === undefined ? [] : parseActions(actionText, options);
  const usable = said.usable & words.match.protocols;
  const match = words.match.done();
  const checked = checkFlowText(actions, match, said.table, usable, options);
  warnOfForm(match, options);
  const flowMod: FlowMod = {
    kind: "flow_mod",
    command,
    match,
    priority: said.priority,
    table: said.table,
    cookie: said.cookie,
    cookieMask: said.cookieMask,
    newCookie: newCookie(command, said),
    idleTimeout: said.idleTimeout,
    hardTimeout: said.hardTimeout,
    importance: said.importance,
    bufferId: NO_BUFFER,
    outPort: said.outPort,
    outGroup: said.outGroup,
    flags: said.flags,
    actions: checked.actions,
  };
  return { flowMod, usable: checked.usable };
}

/** Whoever says no new cookie and wants none means 0, and changes no cookie where only some are meant. */
function newCookie(command: FlowModCommand, { newCookie: cookie, cookieMask }: Said): bigint | undefined {
  if (command === "add") return cookie === NO_COOKIE ? undefined : (cookie ?? 0n);
  if (command === "delete" || command === "delete_strict") return 0n;
  const given = cookie === NO_COOKIE ? undefined : cookie;
  return given ?? (cookieMask === 0n ? 0n : undefined);
}

/** Tells the log where a match is not in normal form. It is sent as it is: bringing it into that form is the switch's. */
function warnOfForm(match: Match, options: FlowParseOptions): void {
  if (options.warn === undefined) return;
  const normal = normalizeMatch(match);
  if (normal === match) return;
  for (const line of normalizationWarning(match, normal, options)) options.warn("ofp_match", line);
}

/** Which flows `dump-flows` and `dump-aggregate` ask for, and the protocols that can say so. Throws `UserError`. */
export function parseFlowSelection(
  text: string,
  options: FlowParseOptions = {},
): { readonly selection: FlowSelection; readonly usable: ProtocolSet } {
  const words = new FlowWords(asking, options);
  for (const word of parseKeyValues(text)) words.add(word);
  const { table, outPort, outGroup, cookie, cookieMask } = words.said;
  const usable = words.match.protocols & words.said.usable;
  return { selection: { table, outPort, outGroup, cookie, cookieMask, match: words.match.done() }, usable };
}

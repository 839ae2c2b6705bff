import { UserError } from "#util/errors.js";
import type { Action } from "../../actions/action.js";
import { parseU16, parseU32, parseU64 } from "../../actions/argument.js";
import { parseOnlyActions } from "../../actions/parse.js";
import { actionProtocols } from "../../actions/protocols.js";
import { type KeyValue, parseKeyValues } from "../../key-value.js";
import { OFPP, type PortNames, parseOfport } from "../../port-number.js";
import { type ProtocolSet, ProtocolSets, protocolsOfVersions } from "../../protocol.js";
import { OF15 } from "../../version.js";
import { type Bucket, isWatching } from "./bucket.js";
import type { GroupCommand, GroupMod } from "./group-mod.js";
import { GroupType, OFPG, OFPG_BUCKET, parseGroupType } from "./group-number.js";
import { noSelection, type Selection } from "./selection.js";
import { parseHashedFields } from "./selection-parse.js";

/** A group's text, read. */
export interface ParsedGroupMod {
  readonly groupMod: GroupMod;
  /** The protocols that can say it. */
  readonly usable: ProtocolSet;
}

/** How a group's text is read. */
export type GroupParseOptions = Pick<PortNames, "portNumber">;

const openflow15 = protocolsOfVersions(OF15, OF15);
/** Those that have buckets with numbers and selection methods. */
const extended: ProtocolSet = ProtocolSets.openflow10 | ProtocolSets.nxm | openflow15;

/** What a command's text may have. */
const rules: Readonly<Record<GroupCommand, { type?: true; bucket?: true; commandBucket?: true }>> = {
  add: { type: true, bucket: true },
  modify: { type: true, bucket: true },
  add_or_mod: { type: true, bucket: true },
  delete: {},
  insert_bucket: { bucket: true, commandBucket: true },
  remove_bucket: { commandBucket: true },
};

const keyword = /^[ \t\r\n,]*(add|modify|add_or_mod|delete|insert_bucket|remove_bucket)(?=[ \t\r\n,]|$)/;
const BUCKET = "bucket=";

/**
 * Reads a group as ovs-ofctl(8) "Group Syntax" has it. With command `"any"` the text may begin with the command's name; `add` where it does not.
 * Throws `UserError` in upstream's words.
 */
export function parseGroupMod(
  text: string,
  command: GroupCommand | "any",
  options: GroupParseOptions = {},
): ParsedGroupMod {
  if (command === "any") {
    const found = keyword.exec(text);
    if (found === null) return parseGroupMod(text, "add", options);
    return parseGroupMod(text.slice(found[0].length), found[1] as GroupCommand, options);
  }
  const [head, ...buckets] = text.split(BUCKET) as [string, ...string[]];
  const rule = rules[command];
  if (buckets.length > 0 && rule.bucket === undefined) throw new UserError("bucket is not needed");
  const reader = new HeadReader(command, options);
  for (const word of parseKeyValues(head)) reader.word(word);
  const group = reader.done();
  const parsed = parseBuckets(buckets, group.type, rule.type === true, options);
  const groupMod: GroupMod = { kind: "group_mod", command, ...group, buckets: parsed.map((p) => p.bucket) };
  // Upstream lets the last bucket have the word.
  return { groupMod, usable: parsed.at(-1)?.usable ?? reader.usable };
}

/** Reads what stands before a group's buckets. */
class HeadReader {
  readonly #command: GroupCommand;
  readonly #options: GroupParseOptions;
  #groupId: number | undefined;
  #type: number | undefined;
  #commandBucketId: number | undefined;
  #selection: Selection = noSelection;
  usable: ProtocolSet = ProtocolSets.any;

  constructor(command: GroupCommand, options: GroupParseOptions) {
    this.#command = command;
    this.#options = options;
    if (command === "delete") this.#groupId = OFPG.all;
    if (command === "remove_bucket") {
      this.#commandBucketId = OFPG_BUCKET.all;
      this.usable = extended;
    }
    if (command === "insert_bucket") this.usable = extended;
  }

  word({ key, value }: KeyValue): void {
    switch (key) {
      case "group_id":
        this.#groupId = parseGroupNumber(value);
        return;
      case "type":
        this.#need("type", "type is not needed");
        this.#type = parseGroupType(value);
        if (this.#type === undefined) throw new UserError(`invalid group type ${value}`);
        return;
      case "command_bucket_id":
        this.#need("commandBucket", "command bucket id is not needed");
        this.#commandBucketId = parseCommandBucket(value, this.#command);
        return;
      case "selection_method":
        this.#need("type", "selection method is not needed");
        if (new TextEncoder().encode(value).length > 15)
          throw new UserError("selection method is longer than 15 bytes long");
        this.#selection = { ...this.#selection, method: value };
        break;
      case "selection_method_param":
        this.#need("type", "selection method param is not needed");
        this.#selection = { ...this.#selection, parameter: parseU64(value) };
        break;
      case "fields":
        this.#need("type", "fields are not needed");
        this.#selection = { ...this.#selection, fields: parseHashedFields(value, this.#options) };
        break;
      default:
        throw new UserError(`unknown keyword ${key}`);
    }
    this.usable &= extended;
  }

  #need(what: "type" | "commandBucket", otherwise: string): void {
    if (rules[this.#command][what] === undefined) throw new UserError(otherwise);
  }

  done(): Pick<GroupMod, "groupId" | "type" | "commandBucketId" | "selection"> {
    if (this.#groupId === undefined) throw new UserError("must specify a group_id");
    const rule = rules[this.#command];
    if (rule.type && this.#type === undefined) throw new UserError("must specify a type");
    if (rule.commandBucket && this.#commandBucketId === undefined) {
      throw new UserError("must specify a command bucket id");
    }
    const { method, parameter, fields } = this.#selection;
    if (fields.length > 0 && method !== "hash") {
      throw new UserError('fields may only be specified with "selection_method=hash"');
    }
    if (parameter !== 0n && method === "") {
      throw new UserError('selection_method_param is only allowed with "selection_method"');
    }
    return {
      groupId: this.#groupId,
      type: this.#type ?? GroupType.all,
      commandBucketId: this.#commandBucketId ?? OFPG_BUCKET.all,
      selection: this.#selection,
    };
  }
}

function parseGroupNumber(text: string): number {
  if (text === "all") return OFPG.all;
  const id = parseU32(text);
  if (id > OFPG.max && id !== OFPG.all) throw new UserError(`invalid group id ${id}`);
  return id;
}

function parseCommandBucket(text: string, command: GroupCommand): number {
  if (text === "first") return OFPG_BUCKET.first;
  if (text === "last") return OFPG_BUCKET.last;
  const id = text === "all" ? OFPG_BUCKET.all : parseU32(text);
  if (id > OFPG_BUCKET.max && !(Object.values(OFPG_BUCKET) as number[]).includes(id)) {
    throw new UserError(`invalid command bucket id ${id}`);
  }
  if (id === OFPG_BUCKET.all && command !== "remove_bucket") {
    throw new UserError("command_bucket_id=all is not permitted");
  }
  return id;
}

interface ParsedBucket {
  readonly bucket: Bucket;
  readonly usable: ProtocolSet;
}

function parseBuckets(
  texts: readonly string[],
  type: number,
  hasType: boolean,
  options: GroupParseOptions,
): ParsedBucket[] {
  const parsed: ParsedBucket[] = [];
  let unnumbered = 0;
  for (const text of texts) {
    const one = parseBucket(text, type, options);
    if (hasType && type === GroupType.fastFailover && !isWatching(one)) {
      throw new UserError("fast failover bucket requires watch_port or watch_group");
    }
    if (hasType && type !== GroupType.select && one.weight !== 0) {
      throw new UserError("Only select groups can have bucket weights.");
    }
    const bucket = { ...one, bucketId: one.bucketId ?? unnumbered++ };
    parsed.push({ bucket, usable: bucketProtocols(one.actions) });
  }
  if (type === GroupType.indirect && parsed.length > 1) {
    throw new UserError("Indirect groups can have at most one bucket.");
  }
  return parsed;
}

/** Before OpenFlow 1.5 a meter is an instruction, for which buckets have no place. */
function bucketProtocols(actions: readonly Action[]): ProtocolSet {
  const usable = actionProtocols(actions);
  return actions.some((a) => a.kind === "meter") ? usable & openflow15 : usable;
}

type UnnumberedBucket = Omit<Bucket, "bucketId"> & { readonly bucketId: number | undefined };

function parseBucket(text: string, type: number, options: GroupParseOptions): UnnumberedBucket {
  let weight = type === GroupType.select ? 1 : 0;
  let bucketId: number | undefined;
  let watchPort: number | undefined;
  let watchGroup: number | undefined;
  const actions: string[] = [];
  for (const { key, value, whole } of parseKeyValues(text)) {
    switch (key.toLowerCase()) {
      case "weight":
        weight = parseU16(value, "weight");
        break;
      case "watch_port":
        watchPort = parseWatchPort(value, options);
        break;
      case "watch_group":
        watchGroup = parseU32(value);
        if (watchGroup > OFPG.max) throw new UserError(`invalid watch_group id ${watchGroup}`);
        break;
      case "bucket_id":
        bucketId = parseU32(value);
        if (bucketId > OFPG_BUCKET.max) throw new UserError(`invalid bucket_id id ${bucketId}`);
        break;
      case "action":
      case "actions":
        actions.push(value);
        break;
      default:
        actions.push(whole);
    }
  }
  if (actions.length === 0) throw new UserError("bucket must specify actions");
  return {
    bucketId,
    weight,
    ...(watchPort !== undefined && { watchPort }),
    ...(watchGroup !== undefined && { watchGroup }),
    actions: parseOnlyActions(actions.join(","), options),
  };
}

/** A port that packets may come in by, or none. */
function parseWatchPort(text: string, options: GroupParseOptions): number | undefined {
  const port = parseOfport(text, options);
  const isThere = port !== undefined && (port < OFPP.max || port === OFPP.controller || port === OFPP.none);
  if (!isThere) throw new UserError(`${text}: invalid watch_port`);
  return port === OFPP.none ? undefined : port;
}

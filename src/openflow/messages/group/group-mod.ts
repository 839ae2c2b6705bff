import { UserError } from "#util/errors.js";
import { OfpError, ofpError } from "../../ofp-error.js";
import { between, OF10, OF11, OF13, OF14, OF15, only, since, type Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import type { MessageDecodeContext, MessageForm, MessageNumber, MessageRow } from "../message.js";
import { nxt, ofpt } from "../message.js";
import { type Bucket, decodeBuckets, encodeBuckets, formatBuckets, hasBucketIds, isWatching } from "./bucket.js";
import { formatGroupType, GroupType, OFPG_BUCKET } from "./group-number.js";
import {
  decodeSelection,
  encodeSelection,
  formatSelection,
  type GroupPurpose,
  noSelection,
  type Selection,
} from "./selection.js";

/** What is done to a group. `add_or_mod` is Open vSwitch's own; buckets are inserted and removed since OpenFlow 1.5. */
export type GroupCommand = "add" | "modify" | "delete" | "insert_bucket" | "remove_bucket" | "add_or_mod";

/** Changes a group. */
export interface GroupMod {
  readonly kind: "group_mod";
  readonly command: GroupCommand;
  /** A `GroupType`. */
  readonly type: number;
  readonly groupId: number;
  /** Before or after which buckets are inserted, which are removed: a bucket's number, or one of `OFPG_BUCKET`. `all` in other commands. */
  readonly commandBucketId: number;
  readonly selection: Selection;
  readonly buckets: readonly Bucket[];
}

interface CommandRow {
  readonly number: number;
  readonly text: string;
}

const commands: Readonly<Record<GroupCommand, CommandRow>> = {
  add: { number: 0, text: "ADD" },
  modify: { number: 1, text: "MOD" },
  delete: { number: 2, text: "DEL" },
  insert_bucket: { number: 3, text: "INSERT_BUCKET" },
  remove_bucket: { number: 5, text: "REMOVE_BUCKET" },
  add_or_mod: { number: 0x8000, text: "ADD_OR_MOD" },
};
const INSERT = commands.insert_bucket.number;
const REMOVE = commands.remove_bucket.number;

const commandOf = (number: number): GroupCommand | undefined =>
  (Object.keys(commands) as GroupCommand[]).find((c) => commands[c].number === number);

/** Throws where a command may not have this bucket's number. */
function checkCommandBucket(command: number, id: number, { warn }: MessageDecodeContext): void {
  const isSpecial = id === OFPG_BUCKET.first || id === OFPG_BUCKET.last;
  const ok =
    command === INSERT
      ? id <= OFPG_BUCKET.max || isSpecial
      : command === REMOVE
        ? id <= OFPG_BUCKET.max || isSpecial || id === OFPG_BUCKET.all
        : id === OFPG_BUCKET.all;
  if (ok) return;
  warn("ofp_group", `group command bucket id (${id}) is out of range`);
  throw new OfpError("OFPGMFC_BAD_BUCKET");
}

/** Throws where a group cannot be so. */
function checkGroup(number: number, { type, buckets }: GroupMod, version: Version): void {
  const command = commandOf(number);
  if (type > GroupType.fastFailover) throw new OfpError("OFPGMFC_BAD_TYPE");
  const invalid = ofpError("OFPGMFC_INVALID_GROUP");
  if (command === "delete" && buckets.length > 0 && (version === OF13 || version === OF14)) throw invalid();
  if (command === "remove_bucket" && buckets.length > 0) throw new OfpError("OFPGMFC_BAD_BUCKET");
  if (type === GroupType.indirect && command !== "delete" && buckets.length !== 1) throw invalid();
  if (command === undefined) throw new OfpError("OFPGMFC_BAD_COMMAND");
  for (const b of buckets) {
    if (b.weight !== 0 && type !== GroupType.select && command !== "insert_bucket") throw invalid();
    if (type === GroupType.fastFailover && !isWatching(b)) throw invalid();
    if ((type === GroupType.all || type === GroupType.indirect) && isWatching(b)) {
      throw new OfpError("OFPGMFC_WATCH_UNSUPPORTED");
    }
  }
}

function purposeOf(command: GroupCommand | undefined): GroupPurpose {
  if (command === undefined) return "unknown";
  return command === "add" || command === "modify" || command === "add_or_mod" ? "make" : "other";
}

function decode(r: WireReader, ctx: MessageDecodeContext): GroupMod {
  const [number, type] = [r.u16(), r.u8()];
  r.skip(1);
  const groupId = r.u32();
  let commandBucketId: number = OFPG_BUCKET.all;
  let selection = noSelection;
  let buckets: readonly Bucket[];
  if (hasBucketIds(ctx.version)) {
    const length = r.u16();
    r.skip(2);
    commandBucketId = r.u32();
    checkCommandBucket(number, commandBucketId, ctx);
    buckets = decodeBuckets(r.slice(length), type, ctx);
    selection = decodeSelection(r, type, purposeOf(commandOf(number)), ctx);
  } else buckets = decodeBuckets(r, type, ctx);
  const command = commandOf(number) ?? "add";
  const mod: GroupMod = { kind: "group_mod", command, type, groupId, commandBucketId, selection, buckets };
  checkGroup(number, mod, ctx.version);
  return mod;
}

function encode(mod: GroupMod, w: WireWriter, { version }: { readonly version: Version }): void {
  const { command, type, groupId, commandBucketId, selection, buckets } = mod;
  if (!hasBucketIds(version) && (command === "insert_bucket" || command === "remove_bucket")) {
    throw new UserError(`${command.replace("_", "-")} needs OpenFlow 1.5 or later ('-O OpenFlow15')`);
  }
  w.u16(commands[command].number).u8(type).zeros(1).u32(groupId);
  if (!hasBucketIds(version)) {
    encodeBuckets(buckets, type, version, w);
    return;
  }
  const at = w.length;
  w.zeros(4).u32(commandBucketId);
  const start = w.length;
  encodeBuckets(buckets, type, version, w);
  if (w.length - start > 0xffff) throw new UserError("a group's buckets are too long");
  w.patch16(at, w.length - start);
  encodeSelection(selection, version, w);
}

const form = (name: string, number: MessageNumber, least: number): MessageForm<GroupMod> => ({
  name,
  numbers: [number],
  length: [least, 8],
  decode,
  encode,
});

export const groupMod: MessageRow<GroupMod> = {
  kind: "group_mod",
  forms: [
    form("OFPT_GROUP_MOD", ofpt(between(OF11, OF14), 15), 8),
    form("OFPT_GROUP_MOD", ofpt(since(OF15), 15), 16),
    form("NXT_GROUP_MOD", nxt(only(OF10), 31), 16),
  ],
  format: (mod, ctx) => {
    const { command, type, groupId, commandBucketId, selection, buckets } = mod;
    const isOfBuckets = command === "insert_bucket" || command === "remove_bucket";
    const bucket = isOfBuckets && hasBucketIds(ctx.version) ? `command_bucket_id:${bucketText(commandBucketId)},` : "";
    const told = isOfBuckets ? "" : `,type=${formatGroupType(type)}`;
    const rest = `${formatSelection(selection, ctx)}${formatBuckets(buckets, type, ctx.version, ctx)}`;
    return `\n ${commands[command].text} ${bucket}group_id=${groupId}${told}${rest}`;
  },
};

function bucketText(id: number): string {
  const { all, first, last } = OFPG_BUCKET;
  return id === all ? "all" : id === first ? "first" : id === last ? "last" : String(id);
}

import { OfpError } from "../../ofp-error.js";
import { between, OF10, OF11, OF14, OF15, only, since, type Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import type { MessageDecodeContext, MessageForm, MessageNumber, MessageRow } from "../message.js";
import { nxst, ofpst } from "../message.js";
import { type Bucket, decodeBuckets, encodeBuckets, formatBuckets, hasBucketIds } from "./bucket.js";
import { formatGroupNumber, formatGroupType, OFPG } from "./group-number.js";
import { decodeSelection, encodeSelection, formatSelection, noSelection, type Selection } from "./selection.js";

/** Asks what groups there are. Before OpenFlow 1.5, all of them. */
export interface GroupDescRequest {
  readonly kind: "group_desc_request";
  /** A group, or `OFPG.all`. */
  readonly groupId: number;
}

/** One group. */
interface GroupDesc {
  readonly groupId: number;
  /** A `GroupType`, or another number. */
  readonly type: number;
  readonly selection: Selection;
  readonly buckets: readonly Bucket[];
}

/** What groups there are. */
export interface GroupDescReply {
  readonly kind: "group_desc_reply";
  readonly groups: readonly GroupDesc[];
}

const requestForm = (name: string, number: MessageNumber, hasGroup: boolean): MessageForm<GroupDescRequest> => ({
  name,
  numbers: [number],
  length: [hasGroup ? 8 : 0, 0],
  decode: (r) => ({ kind: "group_desc_request", groupId: hasGroup ? r.u32() : OFPG.all }),
  encode: ({ groupId }, w) => void (hasGroup && w.u32(groupId).zeros(4)),
});

export const groupDescRequest: MessageRow<GroupDescRequest> = {
  kind: "group_desc_request",
  forms: [
    requestForm("OFPST_GROUP_DESC request", ofpst("request", between(OF11, OF14), 7), false),
    requestForm("OFPST_GROUP_DESC request", ofpst("request", since(OF15), 7), true),
    requestForm("NXST_GROUP_DESC request", nxst("request", only(OF10), 8), true),
  ],
  format: ({ groupId }) => ` group_id=${formatGroupNumber(groupId)}`,
};

const header = (version: Version): number => (hasBucketIds(version) ? 16 : 8);

function decodeGroup(r: WireReader, ctx: MessageDecodeContext): GroupDesc {
  const { version, warn } = ctx;
  const refuse = (told: string): OfpError => {
    warn("ofp_group", `OFPST11_GROUP_DESC reply ${told}`);
    return new OfpError("OFPBRC_BAD_LEN");
  };
  const least = header(version);
  if (r.left < least) throw refuse(`has ${r.left} leftover bytes at end`);
  const left = r.left;
  const length = r.u16();
  if (length < least || length > left) throw refuse(`claims invalid length ${length}`);
  const body = r.slice(length - 2);
  const type = body.u8();
  body.skip(1);
  const groupId = body.u32();
  if (!hasBucketIds(version)) {
    return { groupId, type, selection: noSelection, buckets: decodeBuckets(body, type, ctx) };
  }
  const bucketsLength = body.u16();
  body.skip(6);
  if (bucketsLength > body.left) throw refuse(`claims invalid bucket list length ${bucketsLength}`);
  const buckets = decodeBuckets(body.slice(bucketsLength), type, ctx);
  return { groupId, type, selection: decodeSelection(body, type, "make", ctx), buckets };
}

function decodeReply(r: WireReader, ctx: MessageDecodeContext): GroupDescReply {
  const groups: GroupDesc[] = [];
  const body: GroupDescReply = { kind: "group_desc_reply", groups };
  try {
    while (r.left > 0) groups.push(decodeGroup(r, ctx));
  } catch (error) {
    if (groups.length > 0) ctx.partial(body, "\n");
    throw error;
  }
  return body;
}

function encodeGroup({ groupId, type, selection, buckets }: GroupDesc, version: Version, w: WireWriter): void {
  const start = w.length;
  w.u16(0).u8(type).zeros(1).u32(groupId);
  const at = w.length;
  if (hasBucketIds(version)) w.zeros(8);
  const first = w.length;
  encodeBuckets(buckets, type, version, w);
  if (hasBucketIds(version)) {
    w.patch16(at, w.length - first);
    encodeSelection(selection, version, w);
  }
  w.patch16(start, w.length - start);
}

const replyForm = (name: string, number: MessageNumber): MessageForm<GroupDescReply> => ({
  name,
  numbers: [number],
  length: [0, 8],
  decode: decodeReply,
  encode: ({ groups }, w, ctx) => {
    for (const group of groups) {
      ctx.element();
      encodeGroup(group, ctx.version, w);
    }
  },
});

export const groupDescReply: MessageRow<GroupDescReply> = {
  kind: "group_desc_reply",
  forms: [
    replyForm("OFPST_GROUP_DESC reply", ofpst("reply", since(OF11), 7)),
    replyForm("NXST_GROUP_DESC reply", nxst("reply", only(OF10), 8)),
  ],
  format: ({ groups }, ctx) =>
    groups
      .map(({ groupId, type, selection, buckets }) => {
        const rest = `${formatSelection(selection, ctx)}${formatBuckets(buckets, type, ctx.version, ctx)}`;
        return `\n group_id=${groupId},type=${formatGroupType(type)}${rest}`;
      })
      .join(""),
};

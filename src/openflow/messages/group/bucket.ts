import { u16 } from "#util/big-endian.js";
import type { Action } from "../../actions/action.js";
import { decodeActions, encodeActions } from "../../actions/codec.js";
import { formatActions } from "../../actions/table.js";
import { OfpError, ofpError } from "../../ofp-error.js";
import { formatOfport, OFPP, type PortNames, portFrom32, portTo32 } from "../../port-number.js";
import { OF10, OF15, type Version } from "../../version.js";
import { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import type { MessageDecodeContext } from "../message.js";
import { readProperties, writeProperty } from "../property.js";
import { GroupType, OFPG, OFPG_BUCKET } from "./group-number.js";

/** Some actions of a group. */
export interface Bucket {
  /** 0 to `OFPG_BUCKET.max`. OpenFlow 1.1 to 1.4 have none on the wire: they are counted. */
  readonly bucketId: number;
  /** Of select groups, how often it is taken; 0 in others. */
  readonly weight: number;
  /** The bucket is live while this port is; 16-bit form. */
  readonly watchPort?: number;
  /** The bucket is live while this group is. */
  readonly watchGroup?: number;
  readonly actions: readonly Action[];
}

/** What reading buckets may need. */
export type BucketContext = Pick<MessageDecodeContext, "version" | "warn">;

/** True where buckets have numbers and properties: in OpenFlow 1.5, and in Nicira's messages of 1.0. */
export const hasBucketIds = (version: Version): boolean => version === OF10 || version >= OF15;

/** True where a bucket watches something. */
export const isWatching = (b: Pick<Bucket, "watchPort" | "watchGroup">): boolean =>
  b.watchPort !== undefined || b.watchGroup !== undefined;

const Property = { weight: 0, watchPort: 1, watchGroup: 2 } as const;
const HEADER_11 = 16;
const HEADER_15 = 8;

const badBucket: () => OfpError = ofpError("OFPGMFC_BAD_BUCKET");

/** Reads buckets to the reader's end, as the version has them; `type` is the group's. Throws `OfpError`. */
export function decodeBuckets(r: WireReader, type: number, ctx: BucketContext): Bucket[] {
  const buckets: Bucket[] = [];
  const is15 = hasBucketIds(ctx.version);
  while (r.left > 0) buckets.push(is15 ? decodeBucket15(r, type, ctx) : decodeBucket11(r, buckets.length, ctx));
  if (is15 && new Set(buckets.map((b) => b.bucketId)).size < buckets.length) {
    ctx.warn("ofp_group", "Duplicate bucket id");
    throw badBucket();
  }
  return buckets;
}

/** Reads the length that a bucket begins with, and gives a reader of the rest. */
function openBucket(r: WireReader, header: number, { warn }: BucketContext): WireReader {
  const refuse = (told: string): OfpError => {
    warn("ofp_group", told);
    return badBucket();
  };
  const start = r.at;
  const left = r.left;
  // Upstream looks for a bucket with a number in all of the message's rest.
  const room = header === HEADER_15 ? r.bytes.length - start : left;
  if (room < header) throw refuse(`buckets end with ${left} leftover bytes`);
  const length = u16(r.bytes, start);
  if (length < header) throw refuse(`OpenFlow message bucket length ${length} is not valid`);
  if (length > left) {
    throw refuse(`OpenFlow message bucket length ${length} exceeds remaining buckets data size ${left}`);
  }
  r.skip(length);
  return new WireReader(r.bytes, start + 2, start + length, badBucket);
}

function decodeBucket11(r: WireReader, bucketId: number, ctx: BucketContext): Bucket {
  const b = openBucket(r, HEADER_11, ctx);
  const weight = b.u16();
  const watchPort = b.u32();
  const watchGroup = b.u32();
  b.skip(4);
  const actions = decodeActions(b, ctx.version, ctx);
  return bucket(bucketId, weight, readWatchPort(watchPort, ctx), watchGroup, actions);
}

function decodeBucket15(r: WireReader, type: number, ctx: BucketContext): Bucket {
  const b = openBucket(r, HEADER_15, ctx);
  const actionsLength = b.u16();
  const bucketId = b.u32();
  if (actionsLength > b.left) {
    ctx.warn(
      "ofp_group",
      `OpenFlow message bucket actions length ${actionsLength} exceeds remaining bucket data size ${b.left}`,
    );
    throw badBucket();
  }
  const actions = decodeActions(b.slice(actionsLength), ctx.version, ctx);
  if (bucketId > OFPG_BUCKET.max) {
    ctx.warn("ofp_group", `bucket id (${bucketId}) is out of range`);
    throw badBucket();
  }
  let weight = type === GroupType.select ? 1 : 0;
  let watchPort = portTo32(OFPP.none);
  let watchGroup: number = OFPG.any;
  for (const { type: property, vendor, subtype, body } of readProperties(b)) {
    if (vendor !== 0 || property > Property.watchGroup)
      throw unknownProperty("group bucket", property, vendor, subtype, ctx);
    if (property === Property.weight) {
      weight = body.u16();
      continue;
    }
    if (body.left !== 4) throw new OfpError("OFPBPC_BAD_LEN");
    if (property === Property.watchPort) watchPort = body.u32();
    else watchGroup = body.u32();
  }
  return bucket(bucketId, weight, readWatchPort(watchPort, ctx), watchGroup, actions);
}

function bucket(
  bucketId: number,
  weight: number,
  watchPort: number | undefined,
  watchGroup: number,
  actions: readonly Action[],
): Bucket {
  return {
    bucketId,
    weight,
    ...(watchPort !== undefined && { watchPort }),
    ...(watchGroup !== OFPG.any && { watchGroup }),
    actions,
  };
}

/** Says that a property is unknown, and gives its error. */
export function unknownProperty(
  what: string,
  type: number,
  vendor: number,
  subtype: number,
  { warn }: BucketContext,
): OfpError {
  if (vendor === 0) {
    warn("ofp_group", `unknown ${what} property type ${type}`);
    return new OfpError("OFPBPC_BAD_TYPE");
  }
  warn("ofp_group", `unknown ${what} property type for exp_id 0x${vendor.toString(16)}, exp_type ${subtype | 0}`);
  return new OfpError("OFPBPC_BAD_EXP_TYPE");
}

function readWatchPort(wire: number, { warn }: BucketContext): number | undefined {
  const port = portFrom32(wire);
  if (port === undefined) {
    warn("ofp_port", `port ${wire} is outside the supported range 0 through 65279 or 0xffffff00 through 0xffffffff`);
    throw new OfpError("OFPGMFC_BAD_WATCH");
  }
  return port === OFPP.none ? undefined : port;
}

/** Writes buckets of a group of this type as the version has them. */
export function encodeBuckets(buckets: readonly Bucket[], type: number, version: Version, w: WireWriter): void {
  for (const b of buckets) {
    const start = w.length;
    w.u16(0);
    if (hasBucketIds(version)) encodeBucket15(b, type, version, w);
    else {
      w.u16(b.weight)
        .u32(portTo32(b.watchPort ?? OFPP.none))
        .u32(b.watchGroup ?? OFPG.any)
        .zeros(4);
      encodeActions(b.actions, version, w);
    }
    w.patch16(start, w.length - start);
  }
}

function encodeBucket15(b: Bucket, type: number, version: Version, w: WireWriter): void {
  const at = w.length;
  w.u16(0).u32(b.bucketId);
  const actions = w.length;
  encodeActions(b.actions, version, w);
  w.patch16(at, w.length - actions);
  if (b.weight !== 0 || type === GroupType.select) writeProperty(w, Property.weight, () => w.u16(b.weight).zeros(2));
  if (b.watchPort !== undefined) writeProperty(w, Property.watchPort, () => w.u32(portTo32(b.watchPort!)));
  if (b.watchGroup !== undefined) writeProperty(w, Property.watchGroup, () => w.u32(b.watchGroup!));
}

/** `,bucket=…` for each bucket. */
export function formatBuckets(buckets: readonly Bucket[], type: number, version: Version, ports: PortNames): string {
  const usual = type === GroupType.select ? 1 : 0;
  return buckets
    .map((b) => {
      const id = hasBucketIds(version) ? `bucket_id:${b.bucketId},` : "";
      const weight = b.weight === usual ? "" : `weight:${b.weight},`;
      const port = b.watchPort === undefined ? "" : `watch_port:${formatOfport(b.watchPort, ports)},`;
      const group = b.watchGroup === undefined ? "" : `watch_group:${b.watchGroup},`;
      return `,bucket=${id}${weight}${port}${group}actions=${formatActions(b.actions, ports)}`;
    })
    .join("");
}

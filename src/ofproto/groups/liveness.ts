import type { BridgeState } from "../bridge-state.js";
import type { OfPort } from "../port.js";
import { PortConfig } from "../port-config.js";
import type { Group, GroupBucket } from "./group.js";

/** How long a chain of groups that watch groups may be. */
const MAX_LINKS = 128;

/** Is told why buckets are not live, in upstream's words. */
export type Note = (text: string) => void;

/** Whether packets can leave by a port, as far as is known. */
export function isPortLive({ config, device }: OfPort): boolean {
  const { up, carrier } = device.info();
  return (config & PortConfig.portDown) === 0 && up && carrier;
}

/** Whether a bucket may be used: it watches nothing, or something that is live. */
export function isBucketLive(bridge: BridgeState, { settings }: GroupBucket, note: Note, links = 0): boolean {
  const { watchPort, watchGroup } = settings;
  if (watchPort === undefined && watchGroup === undefined) return true;
  if (links >= MAX_LINKS) {
    note(` >>>> bucket chaining exceeded ${MAX_LINKS} links <<<<`);
    return false;
  }
  const port = watchPort === undefined ? undefined : bridge.ports.get(watchPort);
  if (port !== undefined && isPortLive(port)) return true;
  const group = watchGroup === undefined ? undefined : bridge.groups.get(watchGroup);
  return group !== undefined && firstLiveBucket(bridge, group, note, links + 1) !== undefined;
}

/** The first bucket that may be used. */
export function firstLiveBucket(bridge: BridgeState, group: Group, note: Note, links = 0): GroupBucket | undefined {
  for (const bucket of group.buckets) {
    if (isBucketLive(bridge, bucket, note, links)) return bucket;
    noteDead(bucket, note);
  }
  return undefined;
}

/** Tells what a bucket that is not live watches. */
export function noteDead({ settings: { bucketId, watchPort, watchGroup } }: GroupBucket, note: Note): void {
  const watched = [watchPort, watchGroup].filter((id) => id !== undefined).map((id) => `port ${id}`);
  note(` -> bucket ${bucketId}: not live due to ${watched.join(" and ")}`);
}

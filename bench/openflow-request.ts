import { newMatch } from "#flow/match.js";
import { encodeMessage } from "#openflow/messages/codec.js";
import { OF13, type Version } from "#openflow/version.js";

/** A hello's bitmap for one version. */
export const versionBit = (version: Version): number => 1 << version;

/** Asks for every flow. */
export function flowStatsRequest(): Uint8Array {
  const everything = { table: 0xff, outPort: 0xffff, outGroup: 0xffffffff, cookie: 0n, cookieMask: 0n };
  return encodeMessage({ kind: "flow_stats_request", ...everything, match: newMatch() }, OF13, 2);
}

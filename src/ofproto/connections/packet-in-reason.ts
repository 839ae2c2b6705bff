import { PacketInReason } from "#openflow/actions/controller.js";
import { OF13, OF14, type Version } from "#openflow/version.js";

/**
 * A reason as a version has it; undefined where connections of that version are not sent such packets: since OpenFlow 1.3 it takes a flow to send
 * what no other matches.
 */
export function packetInReason(reason: number, version: Version): number | undefined {
  const { noMatch, action, invalidTtl, explicitMiss, implicitMiss } = PacketInReason;
  switch (reason) {
    case implicitMiss:
      return version < OF13 ? noMatch : undefined;
    case explicitMiss:
      return version < OF13 ? action : noMatch;
    case noMatch:
    case action:
    case invalidTtl:
      return reason;
    default:
      return version < OF14 ? action : reason;
  }
}

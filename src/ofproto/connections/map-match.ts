import type { Match } from "#flow/match.js";
import type { TlvMap } from "#flow/tlv-map.js";
import { decodeNxMatch, encodeNxMatch } from "#openflow/match/match-codec.js";
import type { Body } from "#openflow/messages/table.js";
import { WireReader } from "#openflow/wire-reader.js";
import { WireWriter } from "#openflow/wire-writer.js";

/** A match with its tunnel metadata where the bridge has them. Throws NXFMFC_INVALID_TLV_FIELD for fields that no option is mapped to. */
function mapMatch(match: Match, tlvs: TlvMap): Match {
  if (match.tlvs === undefined) return match;
  const w = new WireWriter();
  const length = encodeNxMatch(match, w);
  return decodeNxMatch(new WireReader(w.done()), length, { strict: true, tlvs }).match;
}

/** A request whose matches are as the bridge has them. Throws as `mapMatch`. */
export function mapRequest(body: Body, tlvs: TlvMap): Body {
  switch (body.kind) {
    case "flow_mod":
    case "flow_stats_request":
    case "aggregate_request":
    case "packet_out":
    case "resume": {
      const match = mapMatch(body.match, tlvs);
      return match === body.match ? body : { ...body, match };
    }
    case "flow_monitor_request":
      return { ...body, monitors: body.monitors.map((m) => ({ ...m, match: mapMatch(m.match, tlvs) })) };
    default:
      return body;
  }
}

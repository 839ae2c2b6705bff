import type { AsyncConfig, AsyncKind } from "#openflow/messages/connection/async-config.js";
import { OF13, type Version } from "#openflow/version.js";

/** The reasons for which messages are sent, for either kind of role. */
export type AsyncReasons = Pick<AsyncConfig, "primary" | "secondary">;

const off: Record<AsyncKind, number> = {
  PACKET_IN: 0,
  PORT_STATUS: 0,
  FLOW_REMOVED: 0,
  ROLE_STATUS: 0,
  TABLE_STATUS: 0,
  REQUESTFORWARD: 0,
};

const nothing: AsyncReasons = { primary: off, secondary: off };
const PORT_STATUS = 0b111;

const until12: AsyncReasons = {
  primary: { ...off, PACKET_IN: 0b11, PORT_STATUS, FLOW_REMOVED: 0b111 },
  secondary: { ...off, PORT_STATUS },
};

const only13: AsyncReasons = {
  primary: { ...off, PACKET_IN: 0b11, PORT_STATUS, FLOW_REMOVED: 0b1111 },
  secondary: { ...off, PORT_STATUS },
};

const since14: AsyncReasons = {
  primary: { ...off, PACKET_IN: 0b111011, PORT_STATUS, FLOW_REMOVED: 0b111111 },
  secondary: { ...off, PORT_STATUS },
};

/** What a connection is sent before it has asked for anything else. */
export function defaultAsync(version: Version, enabled: boolean): AsyncReasons {
  if (!enabled) return nothing;
  if (version < OF13) return until12;
  return version === OF13 ? only13 : since14;
}

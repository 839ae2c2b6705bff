import { type PhyPort, PortState } from "#openflow/messages/port/phy-port.js";
import { portConfigMask } from "#openflow/messages/port/port-config.js";
import type { PortStatus } from "#openflow/messages/port/port-status.js";
import { OF10, OF15, type Version } from "#openflow/version.js";
import { sameDescription } from "../port-description.js";

/** What a version tells of a port. */
function seen(port: PhyPort, version: Version): PhyPort {
  const unseen = version === OF10 ? PortState.live | PortState.blocked : 0;
  return { ...port, config: port.config & portConfigMask(version), state: port.state & ~unseen };
}

/**
 * What is told of a port that came, went or changed: whether it is live is told after that it is there, what it was set to before what came of that.
 * `before` is what was told last.
 */
export function portStatusSteps(reason: PortStatus["reason"], before: PhyPort | undefined, now: PhyPort): PortStatus[] {
  const message = (why: PortStatus["reason"], port: PhyPort): PortStatus => ({
    kind: "port_status",
    reason: why,
    port,
  });
  if (reason === "delete") return [message(reason, now)];
  const notLive = (port: PhyPort): number => port.state & ~PortState.live;
  if (reason === "add") return [message("add", { ...now, state: notLive(now) }), message("modify", now)];
  const isSet = before !== undefined && before.config !== now.config && before.state !== now.state;
  return [...(isSet ? [message("modify", { ...now, state: notLive(before) })] : []), message("modify", now)];
}

/**
 * Those of the steps that a version shows anything new by. Before OpenFlow 1.5 a connection is not told what it set itself (`isOwn`), but what came of
 * it.
 */
export function stepsSeen(
  steps: readonly PortStatus[],
  before: PhyPort | undefined,
  version: Version,
  isOwn = false,
): PortStatus[] {
  const knows = isOwn && version < OF15;
  const view = (port: PhyPort): PhyPort => ({ ...seen(port, version), ...(knows && { config: 0 }) });
  let last = before;
  return (knows ? steps.slice(-1) : steps).filter((step) => {
    const was = last;
    last = step.port;
    return step.reason !== "modify" || !was || !sameDescription(view(was), view(step.port));
  });
}

import type { Upcall } from "#datapath/datapath.js";
import { W } from "#flow/layout.js";
import type { Backer } from "./backer.js";
import type { DropReason } from "./drop-reason.js";
import { packetForControllers } from "./packet-to-controllers.js";
import { translateKey } from "./translate-key.js";

/** Sees to packets that a flow's `userspace` action sent up. Gives why a packet goes nowhere that no bridge can be blamed for. */
export function handleAction(backer: Backer, upcall: Upcall): DropReason | undefined {
  switch (upcall.cookie?.kind) {
    case "controller":
      return toControllers(backer, upcall, upcall.cookie);
    case "slow_path":
      return slowPath(backer, upcall);
    case "live_trace":
      backer.traces.receive(upcall);
  }
  return undefined;
}

function toControllers(
  backer: Backer,
  upcall: Upcall,
  cookie: Parameters<typeof packetForControllers>[1],
): DropReason | undefined {
  if (cookie.dontSend) return undefined;
  const state = backer.frozen.get(cookie.recircId);
  if (state === undefined) return "no_recirculation";
  const { bridge } = state;
  if (bridge.controllers?.packetIn(packetForControllers(upcall, cookie, state))) return undefined;
  const port = bridge.ports.get(state.metadata[W.inPort]!);
  if (port === undefined) return "no_controller";
  bridge.dropped(port.name, "no_controller", 1);
  return undefined;
}

/** The datapath cannot do what the flow says: it is done here. The flow's own counters tell what is to be credited. */
function slowPath(backer: Backer, { key, packet }: Upcall): DropReason | undefined {
  const port = backer.origin(key);
  if (port === undefined) return "unknown_port";
  const answer = translateKey(backer, port, key);
  if (answer.actions.length > 0) backer.upcalls.execute(packet, key, answer.actions);
  backer.frozen.release(answer.frozen);
  return undefined;
}

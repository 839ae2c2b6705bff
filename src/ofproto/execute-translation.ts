import type { Packet } from "#datapath/packet.js";
import type { FlowKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Backer } from "./backer.js";
import { applyEffects } from "./effect.js";
import type { Translation } from "./translate/context.js";

/** Bytes of an Ethernet header. */
const SHORTEST = 14;

/** Sends one packet as its translation says; no flow of the datapath's comes of it. What is too short for a packet counts and goes nowhere. */
export function executeTranslation(backer: Backer, translation: Translation, packet: Packet, key: FlowKey): void {
  const { effects, actions, frozen } = translation;
  const used = backer.clock.now();
  applyEffects(effects, { packets: 1, bytes: packet.data.length, used, tcpFlags: key[W.l4]! & 0xfff });
  if (packet.data.length < SHORTEST) backer.upcalls.drop("too_short");
  else if (actions.length > 0) backer.upcalls.execute(packet, key, actions);
  backer.frozen.release(frozen);
}

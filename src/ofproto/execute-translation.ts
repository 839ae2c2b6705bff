import type { Packet } from "#datapath/packet.js";
import type { FlowKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Backer } from "./backer.js";
import { applyEffects } from "./effect.js";
import type { Translation } from "./translate/context.js";

/** Sends one packet as its translation says; no flow of the datapath's comes of it. */
export function executeTranslation(backer: Backer, translation: Translation, packet: Packet, key: FlowKey): void {
  const { effects, actions, frozen } = translation;
  const used = backer.clock.now();
  applyEffects(effects, { packets: 1, bytes: packet.data.length, used, tcpFlags: key[W.l4]! & 0xfff });
  if (actions.length > 0) backer.datapath.execute(packet, key, actions);
  backer.frozen.release(frozen);
}

import type { Upcall } from "#datapath/datapath.js";
import { newKey } from "#flow/key.js";
import { PACKET_START, W } from "#flow/layout.js";
import { applyMask, type Match } from "#flow/match.js";
import { packetMask } from "#flow/packet-mask.js";
import type { Continuation } from "#openflow/messages/packet/continuation.js";
import type { PacketForControllers } from "./connections/to-controllers.js";
import type { FrozenState } from "./translate/frozen-state.js";
import { restoreMetadata } from "./translate/thaw.js";
import { unroll } from "./translate/unroll.js";

/** All of a packet. */
const WHOLE = 0xffff;

type ControllerCookie = Extract<NonNullable<Upcall["cookie"]>, { readonly kind: "controller" }>;

/** What controllers are sent of a packet that an action sent up, `state` being the metadata that were kept of it. */
export function packetForControllers(
  { packet, key }: Upcall,
  cookie: ControllerCookie,
  state: FrozenState,
): PacketForControllers {
  return {
    data: packet.data,
    maxLength: cookie.continuation ? WHOLE : cookie.maxLength,
    table: state.table,
    cookie: cookie.ruleCookie,
    reason: cookie.reason,
    match: metadataMatch(key, state),
    controllerId: cookie.controllerId,
    userdata: state.userdata,
    continuation: cookie.continuation ? continuationOf(state, key[W.inPort]!) : undefined,
    meterId: state.meterId,
  };
}

/** What is known of a packet besides what is in it. */
function metadataMatch(packetKey: Uint32Array, state: FrozenState): Match {
  const key = newKey();
  key.set(packetKey);
  restoreMetadata(key, state.metadata);
  key[W.recircId] = key[W.dpHash] = key[W.skbPriority] = key[W.actsetOutput] = 0;
  const mask = packetMask(key);
  mask.fill(0, PACKET_START, W.tunMetadata);
  mask[W.inPort] = 0xffffffff;
  // The first packet's addresses are of one kind or the other.
  if (mask[W.ctNwSrc] !== 0 || mask[W.ctIpv6Src] !== 0) mask[W.ethType] = 0xffff;
  applyMask(key, mask);
  return { key, mask, tlvs: state.bridge.tlvs };
}

/** A frozen state as NXT_RESUME brings it back. */
function continuationOf(state: FrozenState, odpPort: number): Continuation {
  const steps: { table: number; cookie: bigint; actions: Continuation["steps"][number]["actions"] }[] = [];
  for (const { table, cookie, actions, unrolls } of unroll(state.steps ?? [])) {
    const last = steps.at(-1);
    if (unrolls) steps.push({ table, cookie, actions });
    else if (last) last.actions = [...last.actions, ...actions];
    else steps.push({ table: 0, cookie: 0n, actions });
  }
  return {
    bridge: state.bridge.uuid,
    stack: [...state.stack].reverse(),
    mirrors: 0,
    conntracked: state.conntracked,
    steps,
    actionSet: state.actionSet,
    odpPort,
  };
}

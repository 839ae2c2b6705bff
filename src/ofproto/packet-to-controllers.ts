import type { Upcall } from "#datapath/datapath.js";
import { field } from "#flow/fields/table.js";
import { newKey } from "#flow/key.js";
import { PACKET_START, W } from "#flow/layout.js";
import { applyMask, type Match } from "#flow/match.js";
import { packetMask } from "#flow/packet-mask.js";
import type { Action } from "#openflow/actions/action.js";
import type { Continuation } from "#openflow/messages/packet/continuation.js";
import { OFPP } from "#openflow/port-number.js";
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
  // What is known of a connection is of IPv4 or of IPv6.
  if (mask[W.ctState] !== 0) mask[W.ethType] = 0xffff;
  applyMask(key, mask);
  return { key, mask, tlvs: state.bridge.tlvs };
}

/** A frozen state as NXT_RESUME brings it back. */
function continuationOf(state: FrozenState, odpPort: number): Continuation {
  const steps: { table: number; cookie: bigint; actions: readonly Action[] }[] = [];
  let actionSet = state.actionSet;
  for (const { table, cookie, actions: all, unrolls } of unroll(state.steps ?? [])) {
    for (const action of all) {
      if (action.kind === "clear_actions") actionSet = [];
      else if (action.kind === "write_actions") actionSet = [...actionSet, ...action.actions];
    }
    const actions = all.flatMap(asAction);
    if (actions.length === 0) continue;
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
    actionSet,
    odpPort,
  };
}

const wholeMetadata = field("metadata");

/** An instruction as an action that does the same. What writes the action set is told by the continuation's own; notes are for nobody. */
function asAction(action: Action): readonly Action[] {
  switch (action.kind) {
    case "goto_table":
      return [{ kind: "resubmit", inPort: OFPP.inPort, table: action.table, ct: false }];
    case "write_metadata":
      return [{ kind: "set_field", field: wholeMetadata, value: action.value, mask: action.mask }];
    case "write_actions":
    case "clear_actions":
    case "note":
      return [];
  }
  return [action];
}

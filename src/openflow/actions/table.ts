import type { PortNames } from "../port-number.js";
import type { Action, ActionRow, ActionTextContext } from "./action.js";
import { bundle } from "./bundle.js";
import { checkPacketLarger } from "./check-pkt-larger.js";
import { clone } from "./clone.js";
import { conjunction } from "./conjunction.js";
import { controller } from "./controller.js";
import { ct } from "./ct.js";
import { ctClear } from "./ct-clear.js";
import { debugRecirculate, debugSlow } from "./debug.js";
import { decTtl } from "./dec-ttl.js";
import { decap, decNshTtl } from "./decap.js";
import { deleteField } from "./delete-field.js";
import { encap } from "./encap.js";
import { enqueue } from "./enqueue.js";
import { exit } from "./exit.js";
import { finTimeout } from "./fin-timeout.js";
import { gotoTable } from "./goto-table.js";
import { group } from "./group.js";
import { learn } from "./learn.js";
import { load } from "./load.js";
import { meter } from "./meter.js";
import {
  setEcn,
  setEthernetDestination,
  setEthernetSource,
  setNetworkDestination,
  setNetworkSource,
  setTos,
  setTransportDestination,
  setTransportSource,
  setTtl,
} from "./modify.js";
import { move } from "./move.js";
import { decMplsTtl, popMpls, pushMpls, setMplsLabel, setMplsTc, setMplsTtl } from "./mpls.js";
import { multipath } from "./multipath.js";
import { nat } from "./nat.js";
import { note } from "./note.js";
import { output, outputTruncated } from "./output.js";
import { outputRegister } from "./output-reg.js";
import { popQueue, setQueue } from "./queue.js";
import { resubmit } from "./resubmit.js";
import { sample } from "./sample.js";
import { setField } from "./set-field.js";
import { setTunnel } from "./set-tunnel.js";
import { stackPop, stackPush } from "./stack.js";
import { pushVlan, setVlanPcp, setVlanVid, stripVlan } from "./vlan.js";
import { clearActions, writeActions } from "./write-actions.js";
import { writeMetadata } from "./write-metadata.js";

/** The actions that have this kind. */
type ActionOf<K, A = Action> = A extends { readonly kind: infer U } ? (K extends U ? A : never) : never;

/** Every kind of action. */
export const actionRows: {
  readonly [K in Action["kind"]]: ActionRow<ActionOf<K>>;
} = {
  output,
  output_trunc: outputTruncated,
  output_reg: outputRegister,
  controller,
  enqueue,
  set_queue: setQueue,
  pop_queue: popQueue,
  strip_vlan: stripVlan,
  push_vlan: pushVlan,
  set_vlan_vid: setVlanVid,
  set_vlan_pcp: setVlanPcp,
  mod_dl_src: setEthernetSource,
  mod_dl_dst: setEthernetDestination,
  mod_nw_src: setNetworkSource,
  mod_nw_dst: setNetworkDestination,
  mod_nw_tos: setTos,
  mod_nw_ecn: setEcn,
  mod_nw_ttl: setTtl,
  mod_tp_src: setTransportSource,
  mod_tp_dst: setTransportDestination,
  dec_ttl: decTtl,
  push_mpls: pushMpls,
  pop_mpls: popMpls,
  set_mpls_label: setMplsLabel,
  set_mpls_tc: setMplsTc,
  set_mpls_ttl: setMplsTtl,
  dec_mpls_ttl: decMplsTtl,
  set_tunnel: setTunnel,
  set_field: setField,
  load,
  move,
  push: stackPush,
  pop: stackPop,
  resubmit,
  group,
  note,
  exit,
  fin_timeout: finTimeout,
  sample,
  conjunction,
  multipath,
  learn,
  clone,
  bundle,
  ct,
  nat,
  ct_clear: ctClear,
  encap,
  decap,
  dec_nsh_ttl: decNshTtl,
  delete_field: deleteField,
  check_pkt_larger: checkPacketLarger,
  meter,
  write_metadata: writeMetadata,
  write_actions: writeActions,
  clear_actions: clearActions,
  goto_table: gotoTable,
  debug_recirc: debugRecirculate,
  debug_slow: debugSlow,
};

/** The row of an action. */
export function rowOf(action: Action): ActionRow<Action> {
  return actionRows[action.kind] as ActionRow<Action>;
}

/** One action as text. */
export function formatAction(action: Action, ports: PortNames = {}): string {
  return rowOf(action).format(action, contextOf(ports));
}

/** A list of actions as text; `drop` for an empty one. */
export function formatActions(actions: readonly Action[], ports: PortNames = {}): string {
  return formatList(actions, contextOf(ports));
}

function formatList(actions: readonly Action[], ctx: ActionTextContext): string {
  if (actions.length === 0) return "drop";
  let text = rowOf(actions[0]!).format(actions[0]!, ctx);
  for (let i = 1; i < actions.length; i++) text += `,${rowOf(actions[i]!).format(actions[i]!, ctx)}`;
  return text;
}

/** For texts without names, which most are. */
const nameless: ActionTextContext = { formatActions: (list) => formatList(list, nameless) };

/** What writing actions may need of these names. */
function contextOf({ portName, tableName }: PortNames): ActionTextContext {
  if (portName === undefined && tableName === undefined) return nameless;
  const ctx: ActionTextContext = {
    ...(portName && { portName }),
    ...(tableName && { tableName }),
    formatActions: (list) => formatList(list, ctx),
  };
  return ctx;
}

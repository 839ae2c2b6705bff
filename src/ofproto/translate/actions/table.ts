import type { Action } from "#openflow/actions/action.js";
import type { TranslationContext } from "../context.js";
import { translateClearActions, translateWriteActions } from "./action-set.js";
import { translateBundle } from "./bundle.js";
import { translateCheckPacketLarger } from "./check-pkt-larger.js";
import { translateClone } from "./clone.js";
import { translateController } from "./controller.js";
import { translateCt } from "./ct.js";
import { translateCtClear } from "./ct-clear.js";
import { translateDebugRecirculate, translateDebugSlow } from "./debug.js";
import { translateDecNshTtl } from "./dec-nsh-ttl.js";
import { translateDecTtl } from "./dec-ttl.js";
import { translateDecap } from "./decap.js";
import { translateDeleteField } from "./delete-field.js";
import { translateEncap } from "./encap.js";
import { translateExit } from "./exit.js";
import { translateFinTimeout } from "./fin-timeout.js";
import { translateGroup } from "./group.js";
import { translateLearn } from "./learn.js";
import { translateMeter } from "./meter.js";
import { translateSetEthernet, translateSetNetwork, translateSetOctet, translateSetTransport } from "./modify.js";
import { translateMove } from "./move.js";
import { translateDecMplsTtl, translateSetMpls } from "./mpls-fields.js";
import { translateMultipath } from "./multipath.js";
import { translateOutput, translateOutputRegister, translateOutputTruncated } from "./output.js";
import { translatePopMpls } from "./pop-mpls.js";
import { translatePushMpls } from "./push-mpls.js";
import { translateEnqueue, translatePopQueue, translateSetQueue } from "./queue.js";
import { translateGotoTable, translateResubmit } from "./resubmit.js";
import { translateSample } from "./sample.js";
import { translateLoad, translateSetField, translateSetTunnel, translateWriteMetadata } from "./set-field.js";
import { translateStack } from "./stack.js";
import { translatePushVlan, translateSetVlan, translateStripVlan } from "./vlan.js";

/**
 * Does one action: reads and writes `ctx`, recording in `ctx.mask` each bit of the packet that decided anything. It is the action of a list
 * at an index.
 */
export type ActionTranslator<A extends Action> = (
  ctx: TranslationContext,
  action: A,
  list: readonly Action[],
  at: number,
) => void;

type ByKind<K extends Action["kind"]> = Action extends infer A
  ? A extends Action
    ? K extends A["kind"]
      ? A
      : never
    : never
  : never;

/** Of what says something to others than the packet. */
const nothing = (): void => {};

/** Every kind of action and what does it. */
export const translators: { readonly [K in Action["kind"]]: ActionTranslator<ByKind<K>> } = {
  output: translateOutput,
  output_trunc: translateOutputTruncated,
  output_reg: translateOutputRegister,
  enqueue: translateEnqueue,
  set_queue: translateSetQueue,
  pop_queue: translatePopQueue,
  strip_vlan: translateStripVlan,
  push_vlan: translatePushVlan,
  set_vlan_vid: translateSetVlan,
  set_vlan_pcp: translateSetVlan,
  mod_dl_src: translateSetEthernet,
  mod_dl_dst: translateSetEthernet,
  mod_nw_src: translateSetNetwork,
  mod_nw_dst: translateSetNetwork,
  mod_nw_tos: translateSetOctet,
  mod_nw_ecn: translateSetOctet,
  mod_nw_ttl: translateSetOctet,
  mod_tp_src: translateSetTransport,
  mod_tp_dst: translateSetTransport,
  dec_ttl: translateDecTtl,
  set_mpls_label: translateSetMpls,
  set_mpls_tc: translateSetMpls,
  set_mpls_ttl: translateSetMpls,
  dec_mpls_ttl: translateDecMplsTtl,
  set_tunnel: translateSetTunnel,
  set_field: translateSetField,
  load: translateLoad,
  move: translateMove,
  push: translateStack,
  pop: translateStack,
  resubmit: translateResubmit,
  goto_table: translateGotoTable,
  write_metadata: translateWriteMetadata,
  write_actions: translateWriteActions,
  clear_actions: translateClearActions,
  note: nothing,
  exit: translateExit,
  fin_timeout: translateFinTimeout,
  learn: translateLearn,
  clone: translateClone,
  multipath: translateMultipath,
  bundle: translateBundle,
  conjunction: (ctx) => ctx.trace?.note(" >>>> executing no-op conjunction action <<<<"),
  delete_field: translateDeleteField,
  controller: translateController,
  ct: translateCt,
  // `ct` reads it.
  nat: () => {},
  ct_clear: translateCtClear,
  push_mpls: translatePushMpls,
  pop_mpls: translatePopMpls,
  debug_recirc: translateDebugRecirculate,
  debug_slow: translateDebugSlow,
  check_pkt_larger: translateCheckPacketLarger,
  encap: translateEncap,
  decap: translateDecap,
  dec_nsh_ttl: translateDecNshTtl,
  sample: translateSample,
  group: translateGroup,
  meter: translateMeter,
};

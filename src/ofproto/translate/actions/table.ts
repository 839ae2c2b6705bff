import type { Action } from "#openflow/actions/action.js";
import type { TranslationContext } from "../context.js";
import { translateCheckPacketLarger } from "./check-pkt-larger.js";
import { translateController } from "./controller.js";
import { translateCt } from "./ct.js";
import { translateCtClear } from "./ct-clear.js";
import { translateDebugRecirculate, translateDebugSlow } from "./debug.js";
import { translateDecNshTtl } from "./dec-nsh-ttl.js";
import { translateDecap } from "./decap.js";
import { translateEncap } from "./encap.js";
import { translatePopMpls } from "./pop-mpls.js";
import { translatePushMpls } from "./push-mpls.js";
import { translateGroup } from "./group.js";
import { translateMeter } from "./meter.js";
import { translateOutput } from "./output.js";

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

/** Of an action that the pipeline cannot do yet: the packet goes nowhere. */
const notYet = (ctx: TranslationContext): void => ctx.refuse("not_supported");

/** Every kind of action and what does it. */
export const translators: { readonly [K in Action["kind"]]: ActionTranslator<ByKind<K>> } = {
  output: translateOutput,
  output_trunc: notYet,
  output_reg: notYet,
  enqueue: notYet,
  set_queue: notYet,
  pop_queue: notYet,
  strip_vlan: notYet,
  push_vlan: notYet,
  set_vlan_vid: notYet,
  set_vlan_pcp: notYet,
  mod_dl_src: notYet,
  mod_dl_dst: notYet,
  mod_nw_src: notYet,
  mod_nw_dst: notYet,
  mod_nw_tos: notYet,
  mod_nw_ecn: notYet,
  mod_nw_ttl: notYet,
  mod_tp_src: notYet,
  mod_tp_dst: notYet,
  dec_ttl: notYet,
  set_mpls_label: notYet,
  set_mpls_tc: notYet,
  set_mpls_ttl: notYet,
  dec_mpls_ttl: notYet,
  set_tunnel: notYet,
  set_field: notYet,
  load: notYet,
  move: notYet,
  push: notYet,
  pop: notYet,
  resubmit: notYet,
  goto_table: notYet,
  write_metadata: notYet,
  write_actions: notYet,
  clear_actions: notYet,
  note: notYet,
  exit: notYet,
  fin_timeout: notYet,
  learn: notYet,
  clone: notYet,
  multipath: notYet,
  bundle: notYet,
  conjunction: notYet,
  delete_field: notYet,
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
  sample: notYet,
  group: translateGroup,
  meter: translateMeter,
};

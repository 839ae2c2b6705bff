import type { Action } from "#openflow/actions/action.js";
import type { CheckPacketLarger } from "#openflow/actions/check-pkt-larger.js";
import { runActionSet } from "../action-set.js";
import { branch } from "../branch.js";
import { commit } from "../commit.js";
import type { TranslationContext } from "../context.js";
import { writeNumber } from "../subfield.js";

/**
 * `check_pkt_larger`: the datapath knows the packet's length, so what is left is done for either answer; here, it is then done with. As upstream has it, larger packets
 * have the action set at once, and all have the smaller ones' at the end.
 */
export function translateCheckPacketLarger(
  ctx: TranslationContext,
  { length, destination }: CheckPacketLarger,
  list: readonly Action[],
  at: number,
): void {
  commit(ctx);
  const rest = list.slice(at + 1);
  const answer = (isLarger: boolean, atLast: () => void): ReturnType<typeof branch> => {
    ctx.exit = false;
    return branch(ctx, () => {
      writeNumber(ctx, destination, isLarger ? 1 : 0);
      if (rest.length === 0) {
        ctx.trace?.enter("action", "drop");
        ctx.trace?.leave();
      }
      ctx.pipeline.runActions(ctx, rest);
      if (ctx.freezing === undefined) atLast();
    });
  };
  const greater = answer(true, () => runActionSet(ctx));
  const { exit } = ctx;
  let actionSet = ctx.actionSet;
  const lessEqual = answer(false, () => {
    actionSet = ctx.actionSet;
  });
  ctx.actionSet = actionSet;
  ctx.exit ||= exit;
  ctx.actions.push({ kind: "check_pkt_len", length, greater, lessEqual });
  ctx.leavesList = true;
}

import type { DatapathAction } from "#datapath/actions.js";
import { type ControllerAction, PacketInReason } from "#openflow/actions/controller.js";
import { commit } from "../commit.js";
import type { TranslationContext } from "../context.js";
import { freeze, keep } from "../freeze.js";

/** `controller`, `CONTROLLER`: the datapath sends the packet up, with a note of what for. With `pause` the packet waits for an answer. */
export function translateController(ctx: TranslationContext, action: ControllerAction): void {
  if (action.pause) {
    freeze(ctx, { controller: action });
    return;
  }
  commit(ctx);
  const id = keep(ctx, {
    table: ctx.tableId,
    steps: [],
    actionSet: [],
    conntracked: ctx.conntracked,
    userdata: action.userdata,
    meterId: action.meterId,
  });
  sendToController(ctx, action, id, ctx.flowCookie, false);
}

/** Emits what sends a packet up whose metadata are kept under a number. */
export function sendToController(
  ctx: TranslationContext,
  action: ControllerAction,
  recircId: number,
  ruleCookie: bigint,
  continuation: boolean,
): void {
  const up: DatapathAction = {
    kind: "userspace",
    pid: 0,
    cookie: {
      kind: "controller",
      recircId,
      reason: reasonOf(ctx, action),
      ruleCookie,
      controllerId: action.controllerId,
      maxLength: action.maxLength,
      dontSend: ctx.trace?.withoutEffects ?? false,
      continuation,
    },
  };
  // A packet that waits must arrive.
  const meter = continuation ? undefined : ctx.bridge.meters.ofController(action.meterId);
  if (meter === undefined) ctx.actions.push(up);
  // The meter is asked about a copy: that the controller has enough is nothing to the packet.
  else ctx.actions.push({ kind: "sample", probability: 0xffffffff, actions: [{ kind: "meter", id: meter }, up] });
}

/** Why an `output` sends a packet to controllers: for what it is part of. */
function outputReason(ctx: TranslationContext): number {
  if (ctx.inPacketOut) return PacketInReason.packetOut;
  if (ctx.inGroup) return PacketInReason.group;
  return ctx.inActionSet ? PacketInReason.actionSet : actionReason(ctx);
}

/** A flow that takes what no other matches sends a miss. */
function actionReason({ rule }: TranslationContext): number {
  const isTableMiss = rule !== undefined && rule.priority === 0 && rule.match.mask.every((word) => word === 0);
  return isTableMiss ? PacketInReason.explicitMiss : PacketInReason.action;
}

/** An action that says no more than where the packet goes is an `output`. */
function reasonOf(
  ctx: TranslationContext,
  { reason, controllerId, userdata, pause, meterId }: ControllerAction,
): number {
  const isOutput =
    reason === PacketInReason.action && controllerId === 0 && !userdata && !pause && meterId === undefined;
  if (isOutput) return outputReason(ctx);
  return reason === PacketInReason.action ? actionReason(ctx) : reason;
}

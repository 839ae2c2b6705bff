import type { ControllerAction } from "#openflow/actions/controller.js";
import { commit } from "../commit.js";
import type { TranslationContext } from "../context.js";

/** `CONTROLLER`: the datapath sends the packet up, with a note of what for. */
export function translateController(ctx: TranslationContext, action: ControllerAction): void {
  commit(ctx);
  ctx.actions.push({
    kind: "userspace",
    pid: 0,
    cookie: {
      kind: "controller",
      recircId: 0,
      reason: action.reason,
      ruleCookie: ctx.flowCookie,
      controllerId: action.controllerId,
      maxLength: action.maxLength,
      dontSend: true,
      continuation: false,
    },
  });
}

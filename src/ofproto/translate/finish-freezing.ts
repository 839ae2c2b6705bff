import { sendToController } from "./actions/controller.js";
import { commit } from "./commit.js";
import type { TranslationContext } from "./context.js";
import { keep } from "./freeze.js";

/** Emits what a packet that was stopped waits for. To be called wherever one way through the tables ends; does nothing where nothing was stopped. */
export function finishFreezing(ctx: TranslationContext): void {
  const { freezing } = ctx;
  if (freezing === undefined) return;
  ctx.freezing = undefined;
  if (ctx.failed) return;
  commit(ctx);
  const { controller, hash } = freezing;
  const id = keep(ctx, {
    table: freezing.table ?? 0,
    steps: freezing.table === undefined ? freezing.steps : undefined,
    actionSet: [...ctx.actionSet],
    conntracked: ctx.conntracked,
    userdata: controller?.userdata,
    meterId: controller?.meterId,
  });
  if (controller !== undefined) {
    // A what-if cannot wait for anybody.
    if (!ctx.trace?.withoutEffects) sendToController(ctx, controller, id, freezing.cookie, true);
    return;
  }
  if (hash !== undefined) ctx.actions.push({ kind: "hash", ...hash });
  ctx.actions.push({ kind: "recirc", id });
}

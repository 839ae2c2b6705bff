import { W } from "#flow/layout.js";
import type { Enqueue } from "#openflow/actions/enqueue.js";
import type { SetQueue } from "#openflow/actions/queue.js";
import { OFPP } from "#openflow/port-number.js";
import type { TranslationContext } from "../context.js";
import { outputTo } from "./output.js";

/** `set_queue`: datapaths are told a queue by its number, as the packet's priority. */
export function translateSetQueue({ flow, mask }: TranslationContext, { queueId }: SetQueue): void {
  flow[W.skbPriority] = queueId;
  mask[W.skbPriority] = 0xffffffff;
}

/** `pop_queue`: the queue that the packet came with. */
export function translatePopQueue({ flow, mask, trace, priority }: TranslationContext): void {
  mask[W.skbPriority] = 0xffffffff;
  if (flow[W.skbPriority] === priority) return;
  flow[W.skbPriority] = priority;
  trace?.note(` -> queue = ${priority === 0 ? "0" : `0x${priority.toString(16)}`}`);
}

/** `enqueue`: output to a port by one of its queues. */
export function translateEnqueue(ctx: TranslationContext, { port, queueId }: Enqueue): void {
  const { flow, mask } = ctx;
  if (port === flow[W.inPort]) return;
  const before = flow[W.skbPriority]!;
  flow[W.skbPriority] = queueId;
  mask[W.skbPriority] = 0xffffffff;
  outputTo(ctx, port === OFPP.inPort ? OFPP.inPort : port, 0);
  flow[W.skbPriority] = before;
}

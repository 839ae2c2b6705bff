import type { HeldFlow } from "#datapath/datapath.js";
import { someAction } from "#datapath/nested-actions.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Backer } from "./backer.js";
import { Megaflow } from "./megaflow.js";
import { translateKey } from "./translate-key.js";

/** A generation before any. */
const NEVER = -1;

const scratch = newKey();

/**
 * Makes flows that are in the datapath, and that a process before this one has put there, this one's: stale, so that the revalidator looks at each. What they were counted until
 * now is credited to nobody, since their rules begin anew, too. Bridges learn at once from where packets came, so that flows which know where to go are not made to flood. Returns
 * those that cannot be translated: packets come to them by others, under numbers that this process does not know.
 */
export function takeOver(backer: Backer, flows: readonly HeldFlow[]): HeldFlow[] {
  const orphans = new Set<HeldFlow>();
  for (const held of flows) {
    if (!held.isThere) continue;
    held.readKey(scratch);
    someAction(held.actions, (action) => {
      if (action.kind === "recirc") backer.frozen.reserve(action.id);
      return false;
    });
    const recircId = scratch[W.recircId]!;
    backer.frozen.reserve(recircId);
    if (recircId !== 0) orphans.add(held);
  }
  const now = backer.clock.now();
  const birth = { time: now };
  // Of all flows at once, since translating takes time: a question is not to be counted without its answer.
  const counted = new Map(flows.map((held) => [held, held.stats()]));
  for (const held of flows) {
    if (!held.isThere || orphans.has(held)) continue;
    const port = backer.origin(held.readKey(scratch));
    if (port === undefined) {
      orphans.add(held);
      continue;
    }
    const answer = translateKey(backer, port, scratch);
    const flow = new Megaflow(held, answer, NEVER, birth);
    flow.beginHere(counted.get(held)!);
    backer.flows.add(flow);
    for (const effect of answer.effects) {
      if (effect.kind === "learn")
        effect.bridge.learn(now, effect.bundle, effect.vlan, effect.mac, effect.gratuitousArp);
    }
  }
  return [...orphans];
}

import type { Bridge } from "#ofproto/bridge.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { OfpError } from "#openflow/ofp-error.js";
import { UserError } from "#util/errors.js";
import { SwitchLab } from "../switch-lab.js";
import { Unclear } from "./plain-frame.js";
import { LOCAL, type PlainOutput, PlainPipeline } from "./plain-pipeline.js";
import { groupText, type PlainRule, ruleText } from "./plain-rules.js";
import { Dice, PORTS, randomFrame, randomWorld } from "./random-world.js";

/** What a run has seen. */
export interface Tally {
  packets: number;
  unclear: number;
  sent: number;
  flowsRefused: number;
  flows: number;
  /** Packets that a megaflow of an earlier packet forwarded. */
  hits: number;
}

export const newTally = (): Tally => ({ packets: 0, unclear: 0, sent: 0, flowsRefused: 0, flows: 0, hits: 0 });

/** A packet of which switch and reference say different things. */
class Disagreement extends Error {
  override name = "Disagreement";
}

const portName = (port: number): string => (port === LOCAL ? "br0" : `p${port}`);
const sorted = (outputs: readonly { port: string; frame: string }[]): string[] =>
  outputs.map(({ port, frame }) => `${port} ${frame}`).sort();

/** One world, given to both, and `packets` random packets through it. Throws `Disagreement`. */
export function duel(seed: number, packets: number, tally: Tally): void {
  const dice = new Dice(seed);
  const world = randomWorld(dice);
  const lab = new SwitchLab();
  lab.addBridge("br0", { vlanLimit: 2, failMode: "secure" });
  for (const port of PORTS) lab.addPort("br0", portName(port), {}, "dummy", port);
  const bridge = lab.switches.bridges.get("br0")!;
  const plain = new PlainPipeline([...PORTS, LOCAL]);
  for (const group of world.groups) {
    const added = bridge.groupModification(parseGroupMod(groupText(group), "add").groupMod, ownOrigin);
    const failure = bridge.commit([added]);
    if (failure) throw failure.error;
    plain.groups.set(group.id, group);
  }
  for (const rule of world.rules) {
    tally.flows++;
    if (taken(bridge, rule)) plain.rules.push(rule);
    else tally.flowsRefused++;
  }
  const { datapath, revalidator } = lab.switches.backers.get("dummy")!;
  for (let i = 0; i < packets; i++) {
    const port = dice.one(PORTS);
    const frame = randomFrame(dice);
    const { misses } = datapath.stats();
    const sent = lab.receive(portName(port), Buffer.from(frame).toString("hex"));
    tally.packets++;
    if (datapath.stats().misses === misses) tally.hits++;
    let wanted: PlainOutput[];
    try {
      wanted = plain.receive(port, frame);
    } catch (error) {
      if (!(error instanceof Unclear)) throw error;
      tally.unclear++;
      // What it did to tables and connections is not known: there the worlds part.
      if (remembers(world.rules)) return;
      continue;
    }
    // What packets have taught is known when their statistics are credited.
    revalidator.round();
    tally.sent += sent.length;
    const [a, b] = [sorted(sent), sorted(wanted.map((o) => ({ port: portName(o.port), frame: o.frame })))];
    if (a.join() !== b.join()) {
      throw new Disagreement(
        [
          `seed ${seed}, packet ${i} into port ${port}: ${Buffer.from(frame).toString("hex")}`,
          "switch:",
          ...a,
          "reference:",
          ...b,
          "groups:",
          ...world.groups.map(groupText),
          "flows:",
          ...plain.rules.map(ruleText),
        ].join("\n"),
      );
    }
  }
}

/** True of flows that teach the switch something. */
function remembers(rules: readonly PlainRule[]): boolean {
  return rules.some((r) => r.actions.some((a) => a.kind === "learn" || a.kind === "ct" || a.kind === "clone"));
}

/** Gives the switch a flow; false where it refuses, as it should some that are made at random. */
function taken(bridge: Bridge, rule: PlainRule): boolean {
  try {
    bridge.flowMod(parseFlowMod(ruleText(rule), "add").flowMod, ownOrigin);
    return true;
  } catch (error) {
    if (error instanceof OfpError || error instanceof UserError) return false;
    throw error;
  }
}

import { afterAll, beforeAll, expect, it } from "vitest";
import { hex } from "#util/hex.js";
import { describeWith, openVswitch, root } from "../support/needs.js";
import { OurBed, type Outcome, RealBed } from "./datapath-actions/beds.js";
import { expectedDifferences } from "./datapath-actions/expected.js";
import { withoutSourcePorts } from "./datapath-actions/normalise.js";
import { openFlowCases } from "./datapath-actions/openflow-cases.js";
import { Random } from "./datapath-actions/random.js";
import { frameOfKind } from "./datapath-actions/random-packets.js";
import { makeScene, type Scene } from "./datapath-actions/scenes.js";

const seed = Number(process.env["WEFT_SEED"] ?? 1);
const runs = Number(process.env["WEFT_RUNS"] ?? 5000);

/** A pair on which the two switches differ. */
interface Difference {
  readonly seed: number;
  readonly frame: string;
  readonly flows: readonly string[];
  readonly ours: Outcome;
  readonly real: Outcome;
}

function differenceOf(at: number, scene: Scene, ours: Outcome, real: Outcome): Difference | undefined {
  const [mine, theirs] = [ours.sent, real.sent].map((sent) => sent.map((list) => list.map(withoutSourcePorts)));
  if (JSON.stringify([ours.errors, mine]) === JSON.stringify([real.errors, theirs])) return undefined;
  const flows = scene.flows.map((f) => `${f.key} => ${f.actions}`);
  return { seed: at, frame: hex(scene.frame), flows, ours: { errors: ours.errors, sent: ours.sent }, real };
}

describeWith([root, openVswitch], "datapath actions, ours and the installed switch's", () => {
  let real: RealBed;
  let ours: OurBed;

  beforeAll(async () => {
    real = await RealBed.start();
    ours = new OurBed(real.tunnels);
  });

  afterAll(async () => {
    await real?.close();
  });

  it(`make the same packets of ${runs} random packets, from seed ${seed}`, { timeout: 600_000 }, async () => {
    const differences: Difference[] = [];
    let sent = 0;
    for (let at = seed; at < seed + runs && differences.length < 20; at++) {
      const scene = makeScene(at, ours, real.tunnels);
      const mine = ours.run(scene.flows, scene.frame, scene.tracked);
      sent += mine.sent.flat().length;
      let difference: Difference | undefined;
      // The installed switch's revalidators may just then delete flows that they do not know.
      for (let attempt = 0; attempt < 3; attempt++) {
        difference = differenceOf(at, scene, mine, await real.run(scene.flows, scene.frame, scene.tracked));
        if (difference === undefined) break;
      }
      if (difference !== undefined) differences.push(difference);
    }
    expect(differences).toEqual([]);
    expect(sent).toBeGreaterThan(runs);
  });

  it.each(expectedDifferences)(
    "differ, since $why",
    async ({ frame, flows, ours: mineWanted, theirs: theirsWanted }) => {
      const bytes = Uint8Array.from(Buffer.from(frame, "hex"));
      const [mine, theirs] = [ours.run(flows, bytes, true), await real.run(flows, bytes, true)];
      expect([...mine.errors, ...theirs.errors].join("")).toBe("");
      expect({ ours: mine.sent[1], theirs: theirs.sent[1] }).toEqual({ ours: mineWanted, theirs: theirsWanted });
    },
  );

  it.each(openFlowCases)("make the same packets by the datapath flows of $flows.0", async (scene) => {
    await real.setOpenFlow(scene.group, scene.flows);
    const r = new Random(seed);
    let sent = 0;
    for (let i = 0; i < 30; i++) {
      let frame = frameOfKind(r, scene.kind);
      while (scene.plain && [0, 43, 44, 60].includes(frame[20]!)) frame = frameOfKind(r, scene.kind);
      const theirs = await real.translate(frame);
      const mine = ours.run(theirs.flows, frame, false);
      sent += mine.sent.flat().length;
      expect({ frame: hex(frame), flows: theirs.flows, errors: mine.errors.join(""), sent: mine.sent }).toEqual({
        ...{ frame: hex(frame), flows: theirs.flows, errors: "", sent: theirs.sent },
      });
    }
    expect(sent).toBeGreaterThan(0);
  });
});

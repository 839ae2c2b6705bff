import { afterAll, beforeAll, expect, it } from "vitest";
import { hex } from "#util/hex.js";
import { describeWith, openVswitch } from "../support/needs.js";
import { OurBed, type Outcome, RealBed } from "./datapath-actions/beds.js";
import { withoutSourcePorts } from "./datapath-actions/normalise.js";
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

describeWith([openVswitch], "datapath actions, ours and the installed switch's", () => {
  let real: RealBed;
  let ours: OurBed;

  beforeAll(async () => {
    real = await RealBed.start();
    ours = new OurBed(real.tunnels);
  });

  afterAll(async () => {
    await real.close();
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
});

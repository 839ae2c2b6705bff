import { describe, expect, it } from "vitest";
import { ofprotoDrops } from "#ofproto/commands/drops.js";
import { ofprotoTraceLive } from "#ofproto/commands/trace-live.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { OfpError } from "#openflow/ofp-error.js";
import { UserError } from "#util/errors.js";
import { groupText, ruleText } from "./pipeline-oracle/plain-rules.js";
import { Dice, PORTS, randomFrame, randomWorld } from "./pipeline-oracle/random-world.js";
import { SwitchLab } from "./switch-lab.js";

/** `WEFT_SEED` is the first world's seed, `WEFT_RUNS` the number of worlds. */
const first = Number(process.env["WEFT_SEED"] ?? 1);
const worlds = Number(process.env["WEFT_RUNS"] ?? 60);
const PACKETS = 40;

/** A random world on a switch. */
function world(seed: number): { readonly lab: SwitchLab; readonly dice: Dice } {
  const dice = new Dice(seed);
  const { groups, rules } = randomWorld(dice);
  const lab = new SwitchLab();
  lab.addBridge("br0", { vlanLimit: 2, failMode: "secure" });
  for (const port of PORTS) lab.addPort("br0", `p${port}`, {}, "dummy", port);
  const bridge = lab.switches.bridges.get("br0")!;
  for (const group of groups) {
    bridge.commit([bridge.groupModification(parseGroupMod(groupText(group), "add").groupMod, ownOrigin)]);
  }
  for (const rule of rules) {
    try {
      bridge.flowMod(parseFlowMod(ruleText(rule), "add").flowMod, ownOrigin);
    } catch (error) {
      if (!(error instanceof OfpError || error instanceof UserError)) throw error;
    }
  }
  return { lab, dice };
}

const portsOf = (lab: SwitchLab, port: number, frame: string): string => lab.reach(`p${port}`, frame).join();

describe("packets are not lost without a word", () => {
  it("each leaves, or is counted as dropped with a reason", async () => {
    let [sentNowhere, dropped, packets] = [0, 0, 0];
    for (let seed = first; seed < first + worlds; seed++) {
      const { lab, dice } = world(seed);
      const command = ofprotoDrops(lab.switches);
      const count = async (): Promise<number> => total(await command.run([]));
      let before = await count();
      for (let i = 0; i < PACKETS; i++) {
        const frame = Buffer.from(randomFrame(dice)).toString("hex");
        const port = dice.one(PORTS);
        const waiting = await held(lab);
        const sent = lab.receive(`p${port}`, frame).length;
        const drops = (await count()) - before;
        before += drops;
        packets++;
        dropped += drops;
        const isHeld = (await held(lab)) > waiting;
        if (sent > 0 || isHeld) continue;
        sentNowhere++;
        if (drops === 0) throw new Error(`seed ${seed}, packet ${i} into port ${port} is gone: ${frame}`);
      }
    }
    // The run is worth something.
    expect(sentNowhere).toBeGreaterThan(packets / 20);
    expect(dropped).toBeGreaterThanOrEqual(sentNowhere);
  }, 600_000);

  it("packets of known flows are counted as the first was", async () => {
    for (let seed = first; seed < first + worlds / 2; seed++) {
      const { lab, dice } = world(seed);
      const command = ofprotoDrops(lab.switches);
      const reasons = async (): Promise<string> => JSON.stringify(await command.run([]));
      for (let i = 0; i < 4; i++) {
        const frame = Buffer.from(randomFrame(dice)).toString("hex");
        const port = dice.one(PORTS);
        const send = async (): Promise<[string, number]> => {
          const before = total(await command.run([]));
          return [portsOf(lab, port, frame), total(await command.run([])) - before];
        };
        await send();
        const again = await send();
        expect(await send(), `seed ${seed}: ${frame}, ${await reasons()}`).toEqual(again);
      }
    }
  }, 600_000);

  it("whoever looks on changes nothing", async () => {
    for (let seed = first; seed < first + worlds / 2; seed++) {
      const [alone, watched] = [world(seed), world(seed)];
      const gone = new AbortController();
      const live = ofprotoTraceLive(watched.lab.switches);
      const filters = ["", "in_port=1", "tcp", "udp,udp_dst=80", "ip,nw_src=10.0.0.1", "dl_vlan=10"];
      const answers = [];
      for (let i = 0; i < PACKETS; i++) {
        const frame = Buffer.from(randomFrame(alone.dice)).toString("hex");
        const port = alone.dice.one(PORTS);
        if (i % 8 === 3) answers.push(live.run(["br0", filters[i % filters.length]!, "5"], { gone: gone.signal }));
        const sent = alone.lab.receive(`p${port}`, frame);
        expect(watched.lab.receive(`p${port}`, frame), `seed ${seed}, packet ${i}: ${frame}`).toEqual(sent);
      }
      gone.abort();
      await Promise.all(answers);
      const drops = await Promise.all([alone, watched].map(({ lab }) => ofprotoDrops(lab.switches).run([])));
      expect(drops[1], `seed ${seed}`).toEqual(drops[0]);
    }
  }, 600_000);
});

/** Fragments that wait for others. */
const held = async (lab: SwitchLab): Promise<number> =>
  (await lab.switches.backers.get("dummy")!.datapath.conntrack.fragments()).held;

const total = (drops: readonly { readonly packets: number }[]): number => drops.reduce((sum, d) => sum + d.packets, 0);

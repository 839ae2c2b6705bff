import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, openVswitch, root } from "../support/needs.js";
import { families } from "./translate/families.js";
import { Choice, randomFamily } from "./translate/random-families.js";
import { type Flows, ourSwitch, realSwitch, type Traced } from "./translate/switches.js";

/**
 * What ours looks at and upstream does not: a label stack entry that is set, whole, as it is written whole; that of a stack nothing is seen; and that an IP or
 * ARP header of protocol 0 is none.
 */
const withoutMore = (text: string): string =>
  text
    .replace(/^Megaflow: .*\n(?=.*\bset\(mpls)/gm, (line) => line.replace(/,mpls_\w+=[\dx/]+/g, ""))
    .replaceAll(",mpls_tc=0,mpls_ttl=0,mpls_bos=0,mpls_lse1=0,mpls_lse2=0", "")
    .replace(/^Megaflow: .*$/gm, (line) => line.replace(/,(?:nw_proto|arp_op)=0(?=,|$)/, ""));

/** Numbers of frozen states are given as they come; whether a flow label was looked at whole for a match or a change makes no difference. */
const comparable = (text: string): string =>
  withoutMore(text)
    .replace(/recirc_id=(0x)?[1-9a-f][0-9a-f]*/g, "recirc_id=<id>")
    .replace(/(ipv6_label=0x\w+)\/0xfffff/g, "$1");

const SEED = Number(process.env["WEFT_SEED"] ?? 7);
const ROUNDS = Number(process.env["WEFT_RUNS"] ?? 40);

/** Where a translation is void, upstream's megaflow is as far as it got. */
const ignoringVoid = (text: string): string =>
  text.includes("Translation failed") ? text.replace(/^Megaflow: .*$/gm, "Megaflow: …") : text;

/** False of flows that no switch takes, as some that are made at random. */
async function isTaken(side: Traced, flows: Flows): Promise<boolean> {
  try {
    await side.set(flows);
    return true;
  } catch {
    return false;
  }
}

describeWith([root, openVswitch], "packets traced through tables, ours beside the installed switch", () => {
  const ours = ourSwitch();
  let real: Traced & { close(): Promise<void> };
  beforeAll(async () => {
    real = await realSwitch();
  }, 60_000);
  afterAll(() => real?.close());

  for (const { name, flows, packets } of families) {
    it(name, async () => {
      await Promise.all([ours.set(flows), real.set(flows)]);
      const traced = async (side: Traced): Promise<string[]> => {
        const texts: string[] = [];
        for (const packet of packets) texts.push(`${packet}\n${comparable(await side.trace(...packet.split(" ")))}`);
        return texts;
      };
      expect((await traced(ours)).join("\n")).toBe((await traced(real)).join("\n"));
    }, 30_000);
  }

  it("whatever the actions, by seed", async () => {
    const choice = new Choice(SEED);
    let compared = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const { flows, packets } = randomFamily(choice);
      if (!(await isTaken(real, flows))) continue;
      await ours.set(flows);
      for (const packet of packets) {
        const told = `seed ${SEED}, round ${round}: ${packet}\n${flows.br0.join("\n")}\nbr1 ${flows.br1.join()}\n`;
        const traced = async (side: Traced): Promise<string> => ignoringVoid(comparable(await side.trace(packet)));
        expect(told + (await traced(ours))).toBe(told + (await traced(real)));
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(ROUNDS);
  }, 120_000);
});

import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, openVswitch, root } from "../support/needs.js";
import { parseFamilies } from "./translate/families.js";
import { freezes } from "./translate/freeze-families.js";
import { ourSwitch, realSwitch, type Traced } from "./translate/switches.js";

/** Numbers of frozen states are given as they come: they are told by which comes first. */
function comparable(text: string): string {
  const known = new Map<number, number>();
  return text.replace(/\b(recirc(?:_id)?[(=])(0x[0-9a-f]+|[1-9]\d*)/g, (_, before: string, number: string) => {
    const id = Number(number);
    if (!known.has(id)) known.set(id, known.size + 1);
    return `${before}<${known.get(id)}>`;
  });
}

/** Where ours tells apart packets that are cut off within an IP header or a label stack, of which upstream's megaflow says nothing. */
const looksAtMore: ReadonlySet<string> = new Set(["MPLS under MPLS", "MPLS on and off"]);
const withoutMegaflow = (text: string): string => text.replace(/^Megaflow: .*$/gm, "Megaflow: …");

describeWith([root, openVswitch], "packets that wait, traced, ours beside the installed switch", () => {
  const ours = ourSwitch();
  let real: Traced & { close(): Promise<void> };
  beforeAll(async () => {
    real = await realSwitch();
  }, 60_000);
  afterAll(() => real?.close());

  for (const { name, flows, packets } of parseFamilies(freezes)) {
    it(looksAtMore.has(name) ? `${name} [differs: megaflows]` : name, async () => {
      await Promise.all([ours.set(flows), real.set(flows)]);
      const traced = async (side: Traced): Promise<string[]> => {
        const texts: string[] = [];
        for (const packet of packets) texts.push(`${packet}\n${comparable(await side.trace(...packet.split(" ")))}`);
        return texts;
      };
      const [mine, theirs] = [await traced(ours), await traced(real)];
      if (looksAtMore.has(name)) {
        expect(mine, "differs no more").not.toEqual(theirs);
        expect(mine.map(withoutMegaflow)).toEqual(theirs.map(withoutMegaflow));
      } else expect(mine).toEqual(theirs);
    }, 30_000);
  }
});

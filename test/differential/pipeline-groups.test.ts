import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, openVswitch, root } from "../support/needs.js";
import { randomMeters } from "./groups/random-meters.js";
import { scenes } from "./groups/scenes.js";
import { type GroupSwitch, ourSwitch, realSwitch } from "./groups/switches.js";

const clean = ["del-groups", "del-meter meter=all", "del-flows"];

/** Groups and meters are listed in no order, and frozen states numbered as they come. */
function plain(line: string, text: string): string {
  const numbered = text.replace(/recirc(_id=|\()(0x)?[1-9a-f][0-9a-f]*/g, "recirc$1<id>");
  if (!/^dump-|^meter-stats/.test(line)) return numbered;
  const [head = "", ...items] = numbered.split(/\n(?= group_id=|meter[=:])/);
  return [head, ...items.map((item) => item.trimEnd()).sort()].join("\n");
}

describeWith([root, openVswitch], "groups and meters, ours beside the installed switch", () => {
  let ours: GroupSwitch;
  let real: GroupSwitch;
  beforeAll(async () => {
    ours = ourSwitch();
    real = await realSwitch();
  }, 60_000);
  afterAll(async () => {
    await ours?.close();
    await real?.close();
  });

  const meters = Array.from({ length: 12 }, (_, seed) => [`random meters ${seed}`, randomMeters(seed)] as const);
  for (const [name, lines] of [...Object.entries(scenes), ...meters]) {
    it(name, async () => {
      const told = async (side: GroupSwitch): Promise<string[]> => {
        for (const line of clean) await side.run(line);
        const texts: string[] = [];
        for (const line of lines) texts.push(`${line}\n${plain(line, await side.run(line))}`);
        return texts;
      };
      const [own, theirs] = await Promise.all([told(ours), told(real)]);
      expect(own).toEqual(theirs);
    }, 60_000);
  }
});

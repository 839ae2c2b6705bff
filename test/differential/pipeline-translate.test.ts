import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, openVswitch } from "../support/needs.js";
import { families } from "./translate/families.js";
import { ourSwitch, realSwitch, type Traced } from "./translate/switches.js";

/** A label stack entry that is set is looked at whole by ours, as it is written whole. */
const withoutLabels = (text: string): string =>
  text.replace(/^Megaflow: .*\n(?=.*\bset\(mpls)/gm, (line) => line.replace(/,mpls_\w+=[\dx/]+/g, ""));

/** Numbers of frozen states are given as they come; whether a flow label was looked at whole for a match or a change makes no difference. */
const comparable = (text: string): string =>
  withoutLabels(text)
    .replace(/recirc_id=(0x)?[1-9a-f][0-9a-f]*/g, "recirc_id=<id>")
    .replace(/(ipv6_label=0x\w+)\/0xfffff/g, "$1");

describeWith([openVswitch], "packets traced through tables, ours beside the installed switch", () => {
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
});

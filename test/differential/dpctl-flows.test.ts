import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DpctlInProcess, dpctlInProcess } from "../support/dpctl-in-process.js";
import { type DummySwitch, startDummySwitch } from "../support/dummy-switch.js";
import { describeWith, openVswitch } from "../support/needs.js";
import { scenario } from "./dpctl/flow-scenario.js";
import { actionsText, matchText } from "./dpctl/flow-texts.js";

const DP = "dummy@dp1";
const UFID = "ufid:00000000-0000-0000-0000-000000000001";
const runs = Number(process.env["WEFT_FUZZ_RUNS"] ?? 300);

/** How upstream's keys lie in its memory is nobody's business, and in which order it finds flows. */
function comparable(text: string): string {
  return text
    .replace(/, dp-extra-info:\S+/g, "")
    .trimEnd()
    .split("\n")
    .sort()
    .join("\n");
}

describeWith([openVswitch], "datapath flows by dpctl, beside the installed Open vSwitch", () => {
  let peer: DummySwitch;
  let ours: DpctlInProcess;
  beforeAll(async () => {
    peer = await startDummySwitch();
    ours = dpctlInProcess();
    for (const [command, ...args] of [
      ["dpctl/add-dp", DP],
      ["dpctl/add-if", DP, "q1,type=dummy,port_no=1", "q2,type=dummy,port_no=2"],
    ] as const) {
      expect(ours.call(command, ...args)).toBe(await peer.call(command, ...args));
    }
  });
  afterAll(() => peer.stop());

  async function same(command: string, ...args: string[]): Promise<string> {
    const theirs = comparable(await peer.call(command, ...args));
    expect(`${command} ${args.join(" ")}\n${comparable(ours.call(command, ...args))}`).toBe(
      `${command} ${args.join(" ")}\n${theirs}`,
    );
    return theirs;
  }

  it("reads and writes the same matches", async () => {
    await fc.assert(
      fc.asyncProperty(matchText, async (match) => {
        await same("dpctl/del-flows", DP);
        if ((await same("dpctl/add-flow", DP, `${UFID},${match}`, "2")) !== "") return;
        await same("dpctl/dump-flows", DP);
        await same("dpctl/dump-flows", "-m", DP);
        await same("dpctl/dump-flows", "--names", DP);
      }),
      { numRuns: runs, seed: 6 },
    );
  });

  it("reads and writes the same actions", async () => {
    await fc.assert(
      fc.asyncProperty(actionsText, async (actions) => {
        await same("dpctl/parse-actions", actions);
      }),
      { numRuns: 3 * runs, seed: 6 },
    );
  });

  it("finds, changes and deletes the same flows", async () => {
    await same("dpctl/del-flows", DP);
    for (const line of scenario) await same(...(line.split(" ") as [string, ...string[]]));
  });
});

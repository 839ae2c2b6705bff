import { expect, it } from "vitest";
import { HostileDaemon } from "../../fuzz/pipeline/daemon.js";
import type { Tally } from "../../fuzz/pipeline/tally.js";
import { describeWith, root } from "../support/needs.js";
import { Dice } from "./pipeline-oracle/random-world.js";

describeWith([root], "the daemon under hostile input", () => {
  it("answers all commands, takes all rows and all bytes, and lives", async () => {
    const daemon = await HostileDaemon.start();
    const tally: Tally = {};
    let log = "";
    try {
      const dice = new Dice(Number(process.env["WEFT_SEED"] ?? 1));
      const rounds = Number(process.env["WEFT_RUNS"] ?? 3);
      await daemon.commands(dice, rounds, tally);
      await daemon.openflow(dice, 10 * rounds, tally);
      await daemon.rows(dice, 10 * rounds, tally);
      await daemon.commands(dice, 1, tally);
      if (process.env["WEFT_RUNS"]) console.log(tally, daemon.memory);
      expect(tally["commandsDone"]).toBeGreaterThan(20);
      expect(tally["commandsRefused"]).toBeGreaterThan(100);
    } finally {
      log = await daemon.stop();
    }
    // What commands answer is logged, too.
    const own = log.split("\n").filter((line) => !/\|(unixctl|jsonrpc)\|DBG\|/.test(line));
    expect(own.filter((line) => /Error:|at .*\.cjs/.test(line))).toEqual([]);
  }, 240_000);
});

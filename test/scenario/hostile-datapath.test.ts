import { expect, it } from "vitest";
import { runDatapath } from "../../fuzz/pipeline/datapath.js";
import type { Tally } from "../../fuzz/pipeline/tally.js";

it("connection tracking, fragments and meters bear hostile traffic, and forget it", async () => {
  const tally: Tally = {};
  for (let seed = 1; seed <= 40; seed++) await runDatapath(seed, tally);
  expect(tally["packets"]).toBe(16_000);
  expect(tally["connections"]).toBeGreaterThan(200);
  expect(tally["full"]).toBeGreaterThan(100);
}, 60_000);

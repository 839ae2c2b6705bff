import { describe, expect, it } from "vitest";
import { AdaptiveFlowLimit } from "./limits.js";

describe("the flow limit", () => {
  it("grows while rounds are short and there is use for more", () => {
    const limit = new AdaptiveFlowLimit();
    limit.afterRound(10, 5, 200_000);
    expect(limit.value).toBe(10_000);
    limit.afterRound(9000, 5, 200_000);
    expect(limit.value).toBe(11_000);
  });

  it("shrinks when rounds take long, but not to nothing", () => {
    const limit = new AdaptiveFlowLimit();
    limit.afterRound(10_000, 1400, 200_000);
    expect(limit.value).toBe(7500);
    limit.afterRound(7500, 3000, 200_000);
    expect(limit.value).toBe(2500);
    limit.afterRound(2500, 60_000, 200_000);
    expect(limit.value).toBe(1000);
  });

  it("never exceeds what is configured", () => {
    const limit = new AdaptiveFlowLimit();
    limit.afterRound(100_000, 10, 500);
    expect(limit.value).toBe(500);
  });

  it("is what was set, until the next round", () => {
    const limit = new AdaptiveFlowLimit();
    limit.set(3);
    expect(limit.value).toBe(3);
    limit.afterRound(0, 1, 200_000);
    expect(limit.value).toBe(1000);
  });
});

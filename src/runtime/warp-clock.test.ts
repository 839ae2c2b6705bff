import { describe, expect, it } from "vitest";
import { FakeClock } from "#host/fake/clock.js";
import { timeCommands } from "./time-commands.js";
import { WarpClock } from "./warp-clock.js";

function setup() {
  const real = new FakeClock();
  const clock = new WarpClock(real);
  const log: string[] = [];
  const note = (text: string) => () => log.push(`${text}@${clock.now()}`);
  return { real, clock, log, note };
}

describe("WarpClock", () => {
  it("runs with the real clock until it is stopped", () => {
    const { real, clock, log, note } = setup();
    clock.after(200, note("b"));
    clock.after(100, note("a"));
    const never = clock.after(150, note("c"));
    never.cancel();
    real.advance(150);
    clock.stop();
    real.advance(1000);
    expect(log).toEqual(["a@100"]);
    expect(clock.now()).toBe(150);
    expect(real.pending).toBe(0);
  });

  it("fires what a warp passes over, in order, after each of its steps", async () => {
    const { clock, log, note } = setup();
    clock.stop();
    clock.after(30, note("late"));
    clock.after(10, () => {
      note("first")();
      clock.after(5, note("chained"));
      void Promise.resolve().then(note("promise"));
    });
    clock.after(100, note("beyond"));
    await clock.warp(50);
    expect(log).toEqual(["first@50", "promise@50", "late@50"]);
    expect(clock.now()).toBe(50);
    await clock.warp(60, 7);
    expect(log.slice(3)).toEqual(["chained@57", "beyond@106"]);
    expect(clock.now()).toBe(110);
  });

  it("fires timers without delay while time stands still", () => {
    const { real, clock, log, note } = setup();
    clock.stop();
    clock.after(0, note("now"));
    real.advance(1);
    expect(log).toEqual(["now@0"]);
  });

  it("moves a running clock on", async () => {
    const { real, clock, log, note } = setup();
    clock.after(1000, note("a"));
    clock.after(1500, note("b"));
    await clock.warp(1200);
    expect(clock.now()).toBe(1200);
    real.advance(300);
    expect(log).toEqual(["a@1200", "b@1500"]);
  });

  it("is driven by time/stop and time/warp", async () => {
    const { clock } = setup();
    const [stop, warp] = timeCommands(clock);
    expect(stop!.run([])).toBe("");
    expect(await warp!.run(["1000", "100"])).toBe("warped");
    expect(clock.now()).toBe(1000);
    for (const bad of ["x", "0", "-5"]) await expect(warp!.run([bad])).rejects.toThrow("invalid MSECS");
  });
});

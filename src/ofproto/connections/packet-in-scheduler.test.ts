import { describe, expect, it } from "vitest";
import { FakeClock } from "#host/fake/clock.js";
import { PacketInScheduler } from "./packet-in-scheduler.js";

function setup(rate: number, burst: number) {
  const clock = new FakeClock();
  const scheduler = new PacketInScheduler(clock, rate, burst);
  const sent: string[] = [];
  const flood = (port: number, count: number): void => {
    for (let i = 1; i <= count; i++) scheduler.submit(port, () => void sent.push(`${port}.${i}`));
  };
  return { clock, scheduler, sent, flood };
}

describe("PacketInScheduler", () => {
  it("lets a burst pass, queues as many again and drops the rest: the installed switch's figures", () => {
    const { clock, scheduler, sent, flood } = setup(100, 25);
    flood(1, 36);
    flood(2, 36);
    expect(scheduler.stats).toEqual({ bypassed: 25, queued: 47, dropped: 22, backlog: 25 });
    clock.advance(1000);
    expect(scheduler.stats).toEqual({ bypassed: 25, queued: 47, dropped: 22, backlog: 0 });
    expect(sent).toHaveLength(50);
    expect(clock.pending).toBe(0);
  });

  it("sends at the rate", () => {
    const { clock, sent, flood } = setup(100, 25);
    flood(1, 50);
    clock.advance(100);
    expect(sent).toHaveLength(35);
    clock.advance(100);
    expect(sent).toHaveLength(45);
  });

  it("gives ports their turns, and takes from the longest queue", () => {
    const { clock, sent, flood } = setup(100, 4);
    flood(1, 8);
    flood(2, 2);
    clock.advance(1000);
    expect(sent.slice(4)).toEqual(["1.7", "2.1", "1.8", "2.2"]);
  });

  it("forgets what waits when it is closed, and what is too much when its limits fall", () => {
    const { clock, scheduler, sent, flood } = setup(100, 4);
    flood(1, 8);
    scheduler.setLimits(100, 2);
    expect(scheduler.stats).toMatchObject({ dropped: 2, backlog: 2 });
    scheduler.close();
    clock.advance(1000);
    expect(sent).toHaveLength(4);
    expect(clock.pending).toBe(0);
  });
});

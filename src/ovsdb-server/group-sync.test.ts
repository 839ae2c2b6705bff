import { describe, expect, it } from "vitest";
import { GroupSync } from "./group-sync.js";

describe("GroupSync", () => {
  it("covers all that came during one sync by the next", async () => {
    const finish: (() => void)[] = [];
    const group = new GroupSync(() => new Promise((resolve) => finish.push(resolve)));
    const done: number[] = [];
    const wait = (n: number): Promise<void> => group.wait().then(() => void done.push(n));
    const first = [wait(1), wait(2)];
    await Promise.resolve();
    await Promise.resolve();
    expect(finish).toHaveLength(1);
    const second = [wait(3), wait(4), wait(5)];
    finish[0]?.();
    await Promise.all(first);
    expect(done).toEqual([1, 2]);
    expect(finish).toHaveLength(2);
    finish[1]?.();
    await Promise.all(second);
    expect(done).toEqual([1, 2, 3, 4, 5]);
    expect(group.syncs).toBe(2);
    expect(group.busy).toBe(false);
  });

  it("tells a failure to those it concerns, and tries again for the next", async () => {
    let fails = true;
    const group = new GroupSync(async () => {
      if (fails) throw new Error("EIO");
    });
    await expect(group.wait()).rejects.toThrow("EIO");
    fails = false;
    await expect(group.wait()).resolves.toBeUndefined();
  });
});

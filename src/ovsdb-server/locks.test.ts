import { describe, expect, it } from "vitest";
import { type LockOwner, Locks } from "./locks.js";

function setUp(): { locks: Locks; told: string[]; owner(name: string): LockOwner } {
  const told: string[] = [];
  const owner = (name: string): LockOwner => ({
    locked: (lock) => told.push(`${name} locked ${lock}`),
    stolen: (lock) => told.push(`${name} stolen ${lock}`),
  });
  return { locks: new Locks(), told, owner };
}

describe("Locks", () => {
  it("are given in the order they were asked for", () => {
    const { locks, told, owner } = setUp();
    const [a, b, c] = [owner("a"), owner("b"), owner("c")];
    expect([locks.lock("L", a), locks.lock("L", b), locks.lock("L", c), locks.lock("M", b)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(told).toEqual([]);
    locks.unlock("L", a);
    locks.unlock("L", b);
    expect(told).toEqual(["b locked L", "c locked L"]);
    locks.unlock("L", c);
    expect(locks.owner("L")).toBeUndefined();
    expect(locks.owner("M")).toBe(b);
  });

  it("tell nobody when one who waits gives up", () => {
    const { locks, told, owner } = setUp();
    const [a, b] = [owner("a"), owner("b")];
    locks.lock("L", a);
    locks.lock("L", b);
    locks.unlock("L", b);
    expect(told).toEqual([]);
    locks.unlock("L", a);
    expect(told).toEqual([]);
  });

  it("can be stolen; the robbed one is next", () => {
    const { locks, told, owner } = setUp();
    const [a, b, c] = [owner("a"), owner("b"), owner("c")];
    locks.lock("L", a);
    locks.lock("L", b);
    locks.steal("L", c);
    expect(told).toEqual(["a stolen L"]);
    expect(locks.owner("L")).toBe(c);
    locks.unlock("L", c);
    expect(told).toEqual(["a stolen L", "a locked L"]);
  });
});

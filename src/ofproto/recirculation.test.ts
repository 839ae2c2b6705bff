import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { FakeClock } from "#host/fake/clock.js";
import type { Action } from "#openflow/actions/action.js";
import type { BridgeState } from "./bridge-state.js";
import { Recirculation } from "./recirculation.js";
import type { FrozenState } from "./translate/frozen-state.js";

const [br0, br1] = [{ name: "br0" }, { name: "br1" }] as unknown as [BridgeState, BridgeState];
const output = (port: number): Action => ({ kind: "output", port });

function state(changes: Partial<FrozenState> = {}, register = 0): FrozenState {
  const metadata = newKey();
  metadata[W.reg] = register;
  const plain = { table: 1, stack: [], conntracked: false, steps: undefined, actionSet: [] };
  return { bridge: br0, metadata, userdata: undefined, meterId: undefined, live: [], ...plain, ...changes };
}

describe("frozen states", () => {
  it("do not get numbers that flows of another process name", () => {
    const kept = new Recirculation(new FakeClock());
    kept.reserve(7);
    kept.reserve(3);
    expect([kept.id(state()), kept.id(state({}, 5))]).toEqual([8, 9]);
    expect(kept.get(7)).toBeUndefined();
  });

  it("have a number by their content while they are in use", () => {
    const kept = new Recirculation(new FakeClock());
    const step = { table: 2, cookie: 3n, actions: [output(1)] };
    const all = [
      state(),
      state({}, 5),
      state({ table: 2 }),
      state({ bridge: br1 }),
      state({ conntracked: true }),
      state({ stack: [Uint8Array.of(1, 2)] }),
      state({ stack: [Uint8Array.of(1, 3)] }),
      state({ steps: [] }),
      state({ steps: [step] }),
      state({ steps: [{ ...step, cookie: 4n }] }),
      state({ steps: [{ ...step, actions: [output(2)] }] }),
      state({ actionSet: [output(1)] }),
      state({ userdata: Uint8Array.of(1) }),
      state({ userdata: new Uint8Array() }),
      state({ meterId: 1 }),
    ];
    const numbers = all.map((s) => kept.id(s));
    expect(numbers).toEqual(all.map((_, i) => i + 1));
    const again = all.map((s) => kept.id(structuredClone({ ...s, bridge: undefined }) as unknown as FrozenState));
    expect(new Set(again).size, "another bridge's").toBe(all.length - 1);
    expect(all.map((s) => kept.id({ ...s, metadata: s.metadata.slice() }))).toEqual(numbers);
  });

  it("are known a while after their last use ended, but not found by content", () => {
    const clock = new FakeClock();
    const kept = new Recirculation(clock);
    const id = kept.id(state());
    expect(kept.id(state())).toBe(id);
    kept.release([id]);
    clock.advance(10_000);
    expect(kept.id(state()), "still used").toBe(id);
    kept.release([id, id]);
    expect(kept.get(id)).toBeDefined();
    const next = kept.id(state());
    expect(next).not.toBe(id);
    clock.advance(499);
    kept.release([]);
    expect(kept.get(id)).toBeDefined();
    clock.advance(1);
    kept.release([next]);
    expect(kept.get(id)).toBeUndefined();
    expect(kept.size).toBe(1);
  });

  it("go with their bridge", () => {
    const kept = new Recirculation(new FakeClock());
    const [one, other] = [kept.id(state()), kept.id(state({ bridge: br1 }))];
    kept.forget(br0);
    expect([kept.get(one), kept.get(other)?.bridge]).toEqual([undefined, br1]);
    kept.release([one]);
    expect(kept.id(state())).toBe(3);
  });
});

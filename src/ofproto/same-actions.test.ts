import { describe, expect, it } from "vitest";
import type { DatapathAction } from "#datapath/actions.js";
import { newKey } from "#flow/key.js";
import { sameActions } from "./same-actions.js";

const set = (word: number): DatapathAction => ({ kind: "set", value: newKey().fill(word), mask: newKey() });
const toController = (ruleCookie: bigint): DatapathAction => ({
  kind: "userspace",
  pid: 0,
  cookie: {
    kind: "controller",
    recircId: 0,
    reason: 1,
    ruleCookie,
    controllerId: 0,
    maxLength: 128,
    dontSend: false,
    continuation: false,
  },
});

describe("lists of datapath actions", () => {
  it("are the same where every action is", () => {
    const one = (): DatapathAction[] => [
      { kind: "pop_vlan" },
      set(3),
      { kind: "clone", actions: [{ kind: "output", port: 1 }] },
      toController(5n),
    ];
    expect(sameActions([], [])).toBe(true);
    expect(sameActions(one(), one())).toBe(true);
  });

  it.each<[DatapathAction[], DatapathAction[]]>([
    [[{ kind: "output", port: 1 }], []],
    [[{ kind: "output", port: 1 }], [{ kind: "output", port: 2 }]],
    [[{ kind: "output", port: 1 }], [{ kind: "pop_vlan" }]],
    [[set(3)], [set(4)]],
    [[toController(5n)], [toController(6n)]],
    [[{ kind: "clone", actions: [] }], [{ kind: "clone", actions: [{ kind: "pop_vlan" }] }]],
  ])("differ where one does", (a, b) => {
    expect(sameActions(a, b)).toBe(false);
  });
});

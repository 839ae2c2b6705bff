import { describe, expect, it } from "vitest";
import type { SchemaDeclaration } from "../declaration.js";
import { writeValue } from "./column-shape.js";
import { Replica } from "./replica.js";

const declaration = {
  name: "Test",
  version: "1.0.0",
  tables: {
    Bridge: {
      columns: {
        name: { one: "string" },
        ports: { set: { ref: "Bridge" } },
        fail_mode: { optional: { oneOf: ["standalone", "secure"] } },
        other_config: { map: ["string", "string"] },
        unfollowed: { one: "integer" },
      },
    },
  },
} as const satisfies SchemaDeclaration;
const followed = { Bridge: ["name", "ports", "fail_mode", "other_config"] } as const;
const row = { name: "br0", ports: ["uuid", "p1"], fail_mode: ["set", []], other_config: ["map", [["a", "b"]]] };

function filled(): Replica<typeof declaration, typeof followed> {
  const replica = new Replica(declaration, followed);
  replica.replace({ Bridge: { b0: { new: row } } });
  return replica;
}

describe("Replica", () => {
  it("asks for exactly what it follows", () => {
    expect(new Replica(declaration, followed).request()).toEqual({
      Bridge: { columns: ["name", "ports", "fail_mode", "other_config"] },
    });
  });

  it("asks for what the server's schema knows; the rest reads as empty", () => {
    const replica = new Replica(declaration, followed);
    const known = (_table: string, column: string): boolean => column === "name" || column === "other_config";
    expect(replica.request(known)).toEqual({ Bridge: { columns: ["name", "other_config"] } });
    expect(replica.request(() => false)).toEqual({});
    replica.replace({ Bridge: { b0: { new: { name: "br0", other_config: ["map", []] } } } });
    expect(replica.rows("Bridge").get("b0")).toEqual({
      uuid: "b0",
      name: "br0",
      ports: [],
      fail_mode: undefined,
      other_config: new Map(),
    });
  });

  it("says which columns an update changed, and in which tables rows came and went", () => {
    const replica = filled();
    expect([...replica.update({ Bridge: { b0: { old: { name: "x" }, new: row } } })]).toEqual(["Bridge.name"]);
    expect([...replica.update({ Bridge: { b1: { new: row } } })]).toEqual(["Bridge"]);
    expect([...replica.update({ Bridge: { b1: { old: row } } })]).toEqual(["Bridge"]);
  });

  it("gives sets as arrays, optional values as undefined, maps as maps", () => {
    expect(filled().rows("Bridge").get("b0")).toEqual({
      uuid: "b0",
      name: "br0",
      ports: ["p1"],
      fail_mode: undefined,
      other_config: new Map([["a", "b"]]),
    });
  });

  it("leaves an old row as it was when it changes", () => {
    const replica = filled();
    const before = replica.rows("Bridge").get("b0");
    replica.update({
      Bridge: {
        b0: {
          old: { ports: [] },
          new: {
            ...row,
            ports: [
              "set",
              [
                ["uuid", "p1"],
                ["uuid", "p2"],
              ],
            ],
          },
        },
      },
    });
    expect(before?.ports).toEqual(["p1"]);
    expect(replica.rows("Bridge").get("b0")?.ports).toEqual(["p1", "p2"]);
  });

  it("drops a deleted row, and everything when replaced", () => {
    const replica = filled();
    replica.update({ Bridge: { b0: { old: row } } });
    expect(replica.rows("Bridge").size).toBe(0);
    const other = filled();
    other.replace({});
    expect(other.rows("Bridge").size).toBe(0);
  });

  it("changes nothing on a malformed update", () => {
    const replica = filled();
    expect(() => replica.update({ Bridge: { b1: { new: row }, b0: { new: { other_config: 5 } } } })).toThrow(
      "not an OVSDB map",
    );
    expect([...replica.rows("Bridge").keys()]).toEqual(["b0"]);
  });
});

describe("the row type", () => {
  it("knows the columns that are followed, and no others", () => {
    const mode: "standalone" | "secure" | undefined = filled().rows("Bridge").get("b0")?.fail_mode;
    expect(mode).toBeUndefined();
    // @ts-expect-error a column that is not followed
    expect(filled().rows("Bridge").get("b0")?.unfollowed).toBeUndefined();
    // @ts-expect-error a table that is not followed
    expect(filled().rows("Port")).toBeUndefined();
  });
});

describe("writeValue", () => {
  it("spells sets and maps as the protocol does", () => {
    expect([undefined, "x", ["a"], new Map([["k", 1]])].map(writeValue)).toEqual([
      ["set", []],
      "x",
      ["set", ["a"]],
      ["map", [["k", 1]]],
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { shapeOfType, writeValue } from "./column-shape.js";
import { Replica } from "./replica.js";

const spec = { Bridge: { name: "scalar", ports: "set", fail_mode: "optional", other_config: "map" } } as const;
const row = { name: "br0", ports: ["uuid", "p1"], fail_mode: ["set", []], other_config: ["map", [["a", "b"]]] };

function filled(): Replica {
  const replica = new Replica(spec);
  replica.replace({ Bridge: { b0: { new: row } } });
  return replica;
}

describe("Replica", () => {
  it("asks for exactly what it follows", () => {
    expect(new Replica(spec).request()).toEqual({
      Bridge: { columns: ["name", "ports", "fail_mode", "other_config"] },
    });
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
    expect(before?.["ports"]).toEqual(["p1"]);
    expect(replica.rows("Bridge").get("b0")?.["ports"]).toEqual(["p1", "p2"]);
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

describe("shapeOfType", () => {
  it("follows RFC 7047, 3.2", () => {
    expect(shapeOfType("string")).toBe("scalar");
    expect(shapeOfType({ key: "string" })).toBe("scalar");
    expect(shapeOfType({ key: "string", min: 0 })).toBe("optional");
    expect(shapeOfType({ key: "integer", min: 0, max: 4096 })).toBe("set");
    expect(shapeOfType({ key: "uuid", min: 0, max: "unlimited" })).toBe("set");
    expect(shapeOfType({ key: "string", value: "string", min: 0, max: "unlimited" })).toBe("map");
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

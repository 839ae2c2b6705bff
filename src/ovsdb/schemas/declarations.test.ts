import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Uuid } from "../atom.js";
import { declaredSchema, type SchemaDeclaration } from "../declaration.js";
import { schemaFromJson, schemaToJson } from "../schema-json.js";
import { hardwareVtepDeclaration } from "./hardware-vtep.js";
import { localConfigDeclaration } from "./local-config.js";
import { type OpenVSwitchRows, openVSwitchDeclaration } from "./open-vswitch/declaration.js";
import { serverDeclaration } from "./server.js";

describe("the declared schemas", () => {
  const cases: [string, SchemaDeclaration][] = [
    ["open-vswitch", openVSwitchDeclaration],
    ["server", serverDeclaration],
    ["hardware-vtep", hardwareVtepDeclaration],
    ["local-config", localConfigDeclaration],
  ];

  it.each(cases)("%s has upstream's tables, columns and constraints", (name, declaration) => {
    const facts = JSON.parse(readFileSync(join(import.meta.dirname, "facts", `${name}.json`), "utf8"));
    expect(schemaToJson(declaredSchema(declaration))).toEqual(schemaToJson(schemaFromJson(facts)));
  });

  it("give rows their types", () => {
    type Port = OpenVSwitchRows["Port"];
    expectTypeOf<Port["name"]>().toEqualTypeOf<string>();
    expectTypeOf<Port["tag"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Port["trunks"]>().toEqualTypeOf<readonly number[]>();
    expectTypeOf<Port["interfaces"]>().toEqualTypeOf<readonly Uuid[]>();
    expectTypeOf<Port["lacp"]>().toEqualTypeOf<"active" | "passive" | "off" | undefined>();
    expectTypeOf<Port["other_config"]>().toEqualTypeOf<ReadonlyMap<string, string>>();
    expectTypeOf<OpenVSwitchRows["Bridge"]["flow_tables"]>().toEqualTypeOf<ReadonlyMap<number, Uuid>>();
    expectTypeOf<OpenVSwitchRows["Open_vSwitch"]["next_cfg"]>().toEqualTypeOf<number | bigint>();
    const port = { tag: 5 } as unknown as Port;
    expect(port.tag).toBe(5);
    // @ts-expect-error no such column
    expect(port.tags).toBeUndefined();
    // @ts-expect-error not a number
    const trunks: readonly string[] = port.trunks;
    expect(trunks).toBeUndefined();
  });

  it("refuse what is not a declaration", () => {
    const tables = {
      // @ts-expect-error a column has a shape, and this is none
      T: { columns: { a: { on: "string" } } },
    } satisfies SchemaDeclaration["tables"];
    expect(tables.T.columns.a).toEqual({ on: "string" });
  });
});

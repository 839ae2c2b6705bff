import { describe, expect, it } from "vitest";
import { declaredSchema, type SchemaDeclaration } from "./declaration.js";
import { declarationOf } from "./declaration-of.js";
import { formatDeclaration } from "./declaration-text.js";
import { schemaFromJson } from "./schema-json.js";
import { hardwareVtepDeclaration } from "./schemas/hardware-vtep.js";
import { openVSwitchDeclaration } from "./schemas/open-vswitch/declaration.js";
import { serverDeclaration } from "./schemas/server.js";

const everything = schemaFromJson({
  name: "OWN_Things",
  version: "2.0.1",
  tables: {
    Thing: {
      columns: {
        name: { type: { key: { type: "string", maxLength: 63 } }, mutable: false },
        level: { type: { key: { type: "integer", enum: ["set", [1, 2, 4]] } } },
        below: { type: { key: { type: "integer", maxInteger: 5 }, min: 0 } },
        share: { type: { key: { type: "real", minReal: 0, maxReal: 1 } }, ephemeral: true },
        word: { type: { key: { type: "string", enum: ["set", ["no", "yes"]] } } },
        others: { type: { key: { type: "uuid", refTable: "Thing", refType: "weak" }, min: 0, max: 4 } },
        parts: { type: { key: "string", value: { type: "uuid", refTable: "Thing" }, min: 1, max: "unlimited" } },
      },
      isRoot: true,
      maxRows: 9,
      indexes: [["name"], ["level", "word"]],
    },
    Loose: { columns: { on: { type: "boolean" } } },
  },
});

describe("declarationOf", () => {
  const declarations: readonly SchemaDeclaration[] = [
    openVSwitchDeclaration,
    hardwareVtepDeclaration,
    serverDeclaration,
  ];
  for (const declaration of declarations) {
    it(`gives back the ${declaration.name} schema`, () => {
      const schema = declaredSchema(declaration);
      expect(declaredSchema(declarationOf(schema))).toEqual(schema);
    });
  }

  it("gives back a schema with every kind of limit", () => {
    expect(declaredSchema(declarationOf(everything))).toMatchObject({
      ...everything,
      tables: expect.any(Map) as unknown,
    });
    const columns = declaredSchema(declarationOf(everything)).tables.get("Thing")!.columns;
    for (const [name, column] of everything.tables.get("Thing")!.columns) {
      // A limit on one side only is written with the other side's widest.
      if (name !== "below") expect(columns.get(name)).toEqual(column);
    }
    expect(columns.get("below")!.type.key).toEqual({ type: "integer", minInteger: -(2n ** 63n), maxInteger: 5 });
  });
});

describe("formatDeclaration", () => {
  it("writes a module with the declaration and the rows' types", () => {
    expect(formatDeclaration(everything, { source: "things.ovsschema" })).toBe(`\
// The OWN_Things database's schema 2.0.1, generated from things.ovsschema. Do not edit.
import type { RowsOf } from "weft-switch/ovsdb";

/** The schema of the OWN_Things database. */
export const ownThingsDeclaration = {
  name: "OWN_Things",
  version: "2.0.1",
  tables: {
    Thing: {
      columns: {
        name: { one: { string: [0, 63] }, mutable: false },
        level: { one: { oneOfIntegers: [1, 2, 4] } },
        below: { optional: { integer: [-9223372036854775808n, 5] } },
        share: { one: { real: [0, 1] }, ephemeral: true },
        word: { one: { oneOf: ["no", "yes"] } },
        others: { set: { ref: "Thing", weak: true }, max: 4 },
        parts: { map: ["string", { ref: "Thing" }], min: 1 },
      },
      isRoot: true,
      maxRows: 9,
      indexes: [["name"], ["level", "word"]],
    },
    Loose: {
      columns: {
        on: { one: "boolean" },
      },
    },
  },
} as const;

/** Rows of the OWN_Things database by table name. */
export type OwnThingsRows = RowsOf<typeof ownThingsDeclaration>;
`);
  });
});

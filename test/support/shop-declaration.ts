// The Shop database's schema 1.2.0, generated from shop.ovsschema. Do not edit.
import type { RowsOf } from "#ovsdb/declaration.js";

/** The schema of the Shop database. */
export const shopDeclaration = {
  name: "Shop",
  version: "1.2.0",
  tables: {
    Shop: {
      columns: {
        next_cfg: { one: "integer" },
        shelves: { set: { ref: "Shelf" } },
        by_name: { map: ["string", { ref: "Shelf" }] },
        options: { map: ["string", "string"] },
      },
      isRoot: true,
      maxRows: 1,
    },
    Shelf: {
      columns: {
        name: { one: "string", mutable: false },
        floor: { one: { integer: [-2, 9] } },
        kind: { optional: { oneOf: ["cold", "dry"] } },
        neighbour: { optional: { ref: "Shelf", weak: true } },
        tags: { set: "string" },
        weight: { one: "real" },
        locked: { one: "boolean" },
      },
      indexes: [["name"]],
    },
    Visitor: {
      columns: {
        name: { one: "string" },
        seen: { one: "integer", ephemeral: true },
        label: { optional: { string: [0, 5] } },
      },
      isRoot: true,
    },
  },
} as const;

/** Rows of the Shop database by table name. */
export type ShopRows = RowsOf<typeof shopDeclaration>;

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Uuid } from "#ovsdb/atom.js";
import { formatDeclaration } from "#ovsdb/declaration-text.js";
import { ReplicaEngine } from "#ovsdb/replica/replica-engine.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { ReplicaSession } from "#runtime/replica-session.js";
import { parseJson } from "#util/json-parse.js";
import { type ShopRows, shopDeclaration } from "../support/shop-declaration.js";

const follow = { Shop: "all", Shelf: ["name", "floor", "kind", "neighbour", "tags"] } as const;
const replica = new ReplicaEngine(shopDeclaration, follow);
const uuid = "12345678-1234-4123-8123-123456789abc" as Uuid;
type Shop = typeof shopDeclaration;

/** Never called: what it says is for the compiler, which refuses a mistake that it does not find. */
function refused(): void {
  // @ts-expect-error a table that the schema does not have
  replica.table("Shops");
  // @ts-expect-error a table that is not followed
  replica.table("Visitor");
  const shelf = replica.table("Shelf").get(uuid)!;
  // @ts-expect-error a column that is not followed
  shelf.weight;
  // @ts-expect-error a column that the schema does not have
  shelf.wait;
  // @ts-expect-error rows are immutable
  shelf.name = "x";
  // @ts-expect-error and so are their sets
  shelf.tags.push("x");
  // @ts-expect-error a word that is not among the column's
  replica.table("Shelf").find({ kind: "wet" });
  // @ts-expect-error a column that refers to nothing
  replica.table("Shelf").referred(shelf, "name");
  // @ts-expect-error an index of a column that is not followed
  replica.table("Shelf").index("weight");
  // @ts-expect-error a floor is a number
  replica.table("Shelf").index("name", "floor").find("a", "b");
  // @ts-expect-error more values than the index has columns
  replica.table("Shelf").index("name").find("a", 2);
  // @ts-expect-error a condition on a column that the table does not have
  replica.setConditions({ Shelf: [["nam", "==", "x"]] });
  // @ts-expect-error a condition with a value of another type
  replica.setConditions({ Shelf: [["floor", "==", "x"]] });
  const t = replica.transaction();
  // @ts-expect-error a table that the schema does not have
  t.insert("Shops");
  // @ts-expect-error a column that the table does not have
  t.insert("Shelf", { nam: "x" });
  // @ts-expect-error a value of another type
  t.insert("Shelf", { floor: "2" });
  // @ts-expect-error a word that is not among the column's
  t.insert("Shelf", { kind: "wet" });
  // @ts-expect-error a column that may not change
  t.set("Shelf", uuid, { name: "x" });
  const visitor = t.insert("Visitor");
  // @ts-expect-error a reference to a row of another table
  t.insert("Shelf", { neighbour: visitor });
  // @ts-expect-error a new row of another table
  t.set("Shelf", visitor, { floor: 1 });
  // @ts-expect-error a column that is neither set nor map
  t.add("Shelf", uuid, "floor", [1]);
  // @ts-expect-error a map's values
  t.add("Shop", uuid, "options", { a: 1 });
  // @ts-expect-error keys of a map are strings here
  t.remove("Shop", uuid, "options", [1]);
  // @ts-expect-error a column that is no counter
  t.increment("Shelf", uuid, "name");
  // @ts-expect-error what is not followed cannot be verified
  t.verify("Shelf", uuid, "weight");
}

/** As `refused`, for what is given at the beginning. */
function refusedAtOpening(open: typeof ReplicaSession.open, host: never, log: never): void {
  // @ts-expect-error a table that the schema does not have
  open(host, log, [], shopDeclaration, { Shelf: "all", Shops: "all" });
  // @ts-expect-error a column that the table does not have
  open(host, log, [], shopDeclaration, { Shelf: ["nam"] });
  // @ts-expect-error a condition on a table that is not followed
  open(host, log, [], shopDeclaration, { Shelf: "all" }, { where: { Shop: "none" } });
}

describe("a replica's types", () => {
  it("are those of the columns followed", () => {
    type Row = NonNullable<ReturnType<ReturnType<typeof replica.table<"Shelf">>["get"]>>;
    expectTypeOf<Row>().toEqualTypeOf<Pick<ShopRows["Shelf"], "uuid" | (typeof follow.Shelf)[number]>>();
    expectTypeOf<Row["floor"]>().toEqualTypeOf<number>();
    expectTypeOf<Row["kind"]>().toEqualTypeOf<"dry" | "cold" | undefined>();
    expectTypeOf<Row["neighbour"]>().toEqualTypeOf<Uuid | undefined>();
    expectTypeOf<Row["tags"]>().toEqualTypeOf<readonly string[]>();
    const shops = replica.table("Shop");
    const shop = {} as NonNullable<ReturnType<typeof shops.get>>;
    expectTypeOf(shops.referred<"shelves">).returns.toEqualTypeOf<Row[]>();
    expectTypeOf(shops.referred<"by_name">).returns.toEqualTypeOf<Map<string, Row>>();
    expectTypeOf(replica.table("Shelf").referred<"neighbour">).returns.toEqualTypeOf<Row | undefined>();
    expectTypeOf(shop.options).toEqualTypeOf<ReadonlyMap<string, string>>();
    expectTypeOf<Shop["tables"]>().toHaveProperty("Visitor");
  });

  it("refuse what the schema does not have", () => {
    expect([refused, refusedAtOpening]).toHaveLength(2);
  });
});

describe("the generated declaration", () => {
  it("is what the generator makes of the schema", () => {
    const directory = join(import.meta.dirname, "../support");
    const schema = schemaFromJson(parseJson(readFileSync(join(directory, "shop.ovsschema"), "utf8")));
    const settings = { name: "shopDeclaration", from: "#ovsdb/declaration.js", source: "shop.ovsschema" };
    expect(formatDeclaration(schema, settings)).toBe(readFileSync(join(directory, "shop-declaration.ts"), "utf8"));
  });
});

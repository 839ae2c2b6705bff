import { describe, expect, it } from "vitest";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { requireStrings, resolveDbReference } from "./db-reference.js";

const schema = schemaFromJson({
  name: "S",
  version: "1.0.0",
  tables: { T: { columns: { i: { type: "integer" }, s: { type: { key: "string", min: 0, max: "unlimited" } } } } },
});
const find = (text: string): ReturnType<typeof resolveDbReference> =>
  resolveDbReference(text, (name) => (name === "S" ? schema : undefined));

describe("db:DB,TABLE,COLUMN", () => {
  it("names a column", () => expect(find("db:S,T,s").column.name).toBe("s"));
  it.each([
    ["db:S,T", '"db:S,T": invalid syntax\n'],
    ["db:S,T,s,x", '"db:S,T,s,x": invalid syntax\n'],
    ["db:S,,s", '"db:S,,s": invalid syntax\n'],
    ["db:X,T,i", '"db:X,T,i": no database named X\n'],
    ["db:S,Q,i", '"db:S,Q,i": no table named Q\n'],
    ["db:S,T,zz", '"db:S,T,zz": table "T" has no column "zz"\n'],
  ])("%s is refused", (text, message) => expect(() => find(text)).toThrow(message));
  it("must hold strings to name files", () => {
    requireStrings("db:S,T,s", find("db:S,T,s"));
    expect(() => requireStrings("db:S,T,i", find("db:S,T,i"))).toThrow(
      '"db:S,T,i": table "T" column "i" is not string or set of strings\n',
    );
  });
});

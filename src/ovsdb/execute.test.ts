import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { Uuid } from "./atom.js";
import { Database } from "./database.js";
import { type Execution, execute } from "./execute.js";
import { schemaFromJson } from "./schema-json.js";

interface Recording {
  readonly release: string;
  readonly runs: readonly { readonly schema: Json; readonly cases: readonly (readonly [string, string])[] }[];
}

const recording: Recording = JSON.parse(
  readFileSync(join(import.meta.dirname, "recorded", "transact.json"), "utf8"),
) as Recording;

let counter = 0;
const newUuid = (): Uuid => `aaaaaaaa-0000-4000-8000-${(++counter).toString(16).padStart(12, "0")}` as Uuid;

/** JSON.parse that keeps integers of 16 digits and more. */
function parseExact(text: string): readonly Json[] {
  const marked = text.replace(/(?<=[:,[])-?\d{16,}(?=[,\]}])/g, (digits) => `"big ${digits}"`);
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith("big ") ? BigInt(value.slice(4)) : value,
  ) as readonly Json[];
}

function run(database: Database, operations: readonly Json[], elapsed = 0): Execution {
  const execution = execute(database, operations, { newUuid, holdsLock: () => false, elapsed });
  if (execution.outcome.kind === "blocked") return run(database, operations, execution.outcome.timeout ?? 0);
  if (execution.outcome.kind === "commit") database.apply(execution.outcome.changes);
  return execution;
}

/** Results as comparable text: generated UUIDs and times masked, rows in one order. */
function canonical(json: Json): string {
  const rows = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(rows);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        if (name !== "rows") return [name, rows(member as Json)];
        const texts = (member as readonly Json[]).map((row) => canonical(row));
        return [name, texts.sort()];
      }),
    );
  };
  return formatJson(rows(json), { sorted: true })
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (uuid) =>
      /^(e6117e5f|00000000)/.test(uuid) ? uuid : "U",
    )
    .replace(/timed out after \d+ ms/g, "timed out after N ms");
}

describe(`answers of ovsdb-server ${recording.release}`, () => {
  it.each(recording.runs.map((r, i) => [i, r] as const))("run %i", (_, { schema, cases }) => {
    const database = new Database(schemaFromJson(schema));
    expect(cases.length).toBeGreaterThan(50);
    for (const [request, expected] of cases) {
      const { results } = run(database, parseExact(`[${request}]`));
      expect(`${request}\n${canonical(results)}`).toBe(`${request}\n${canonical(parseExact(expected))}`);
    }
  });
});

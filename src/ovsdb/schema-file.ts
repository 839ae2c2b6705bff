import type { Json } from "#util/json.js";
import { posixCksum } from "#util/posix-cksum.js";
import type { DatabaseSchema } from "./schema.js";
import { schemaToJson } from "./schema-json.js";

/**
 * Writes the text of an `.ovsschema` file. Its `cksum` member is the POSIX `cksum` of the file without the line that
 * holds the member, and that text's length in bytes: the rule upstream's build follows.
 */
export function formatSchemaFile(schema: DatabaseSchema): string {
  const withCksum = (cksum: string): string => `${write(schemaToJson({ ...schema, cksum }), "")}\n`;
  const bytes = new TextEncoder().encode(withCksum(""));
  return withCksum(`${posixCksum(bytes)} ${bytes.length}`);
}

/** Objects have one member a line, but for those that fit a line whole. */
function write(json: Json, indent: string): string {
  const flat = writeFlat(json);
  const whole = indent.length > 2 && indent.length + flat.length <= 100;
  if (whole || typeof json !== "object" || json === null || Array.isArray(json)) return flat;
  const inner = `${indent}  `;
  const members = Object.entries(json).map(
    ([name, value]) => `${JSON.stringify(name)}: ${write(value as Json, inner)}`,
  );
  return `{\n${inner}${members.join(`,\n${inner}`)}}`;
}

function writeFlat(json: Json): string {
  if (Array.isArray(json)) return `[${json.map((item: Json) => writeFlat(item)).join(", ")}]`;
  if (typeof json === "object" && json !== null) {
    const members = Object.entries(json).map(([name, value]) => `${JSON.stringify(name)}: ${writeFlat(value as Json)}`);
    return `{${members.join(", ")}}`;
  }
  return typeof json === "bigint" ? json.toString() : JSON.stringify(json);
}

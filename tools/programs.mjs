// The programs that are bundled, each from src/main/<name>.ts. Those listed under `bin` get a launcher in bin/.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Names of the composition roots under src/main. */
export function programs() {
  return readdirSync(join(root, "src/main"))
    .filter((f) => f.endsWith(".ts") && !f.endsWith(".test.ts"))
    .map((f) => f.slice(0, -3))
    .sort();
}

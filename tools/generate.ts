import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedFiles } from "./generated.js";

// Writes the files that follow from the code's tables; run from the top of the repository.
for (const file of generatedFiles) {
  const path = join(process.cwd(), file.path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.text());
  console.log(file.path);
}

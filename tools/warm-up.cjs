// Runs a bundled program once and writes V8's compiled form of the functions that it used: node warm-up.cjs FILE.js FILE.cache ARG...
const { readFileSync, writeFileSync } = require("node:fs");
const { dirname } = require("node:path");
const { Script } = require("node:vm");

const [, , file, cache, ...args] = process.argv;
const script = new Script(readFileSync(file, "latin1"), { filename: file });
process.argv.splice(1, process.argv.length, file, ...args);
process.on("exit", () => writeFileSync(cache, script.createCachedData()));
script.runInThisContext()(exports, require, module, file, dirname(file));

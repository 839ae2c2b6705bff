import { ovsSave } from "#cli/save/main.js";
import { endWith } from "./support/end-with.js";
import { scriptEnvironment } from "./support/script-environment.js";

endWith(ovsSave(process.argv.slice(2), scriptEnvironment()));

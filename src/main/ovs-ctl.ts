import { ovsCtl } from "#cli/ctl/main.js";
import { endWith } from "./support/end-with.js";
import { scriptEnvironment } from "./support/script-environment.js";

endWith(ovsCtl(process.argv.slice(2), scriptEnvironment()));

import { main } from "#cli/vsctl/main.js";
import { createNodeHost } from "#host/node/host.js";
import { runTool } from "./support/run-tool.js";

runTool(main, createNodeHost());

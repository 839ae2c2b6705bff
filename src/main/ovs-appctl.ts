import { appctl } from "#cli/appctl/main.js";
import { createNodeHost } from "#host/node/host.js";
import { runTool } from "./support/run-tool.js";

runTool(appctl, createNodeHost());

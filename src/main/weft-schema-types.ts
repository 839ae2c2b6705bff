import { schemaTypes } from "#cli/schema-types/main.js";
import { createNodeHost } from "#host/node/host.js";
import { runTool } from "./support/run-tool.js";

runTool(schemaTypes, createNodeHost());

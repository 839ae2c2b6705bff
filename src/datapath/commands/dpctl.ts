import type { AppctlCommand } from "#runtime/command.js";
import type { Datapath } from "../datapath.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { formatDatapathActions } from "../text/action-text.js";
import { conntrackCommands } from "./conntrack.js";
import { chooseDatapath, type DpctlHost, dpctlError, takeOptions } from "./dpctl-arguments.js";
import { dpctlFlowCommands } from "./dpctl-flows.js";
import { dpctlNormalizeActions } from "./dpctl-normalize.js";
import { dpctlPortCommands } from "./dpctl-ports.js";
import { dpctlShowCommands } from "./dpctl-show.js";

const parseActions: AppctlCommand = {
  name: "dpctl/parse-actions",
  usage: "actions",
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  run: (args) =>
    takeOptions(args)
      .rest.map((text) => {
        try {
          return `${formatDatapathActions(parseDatapathActions(text))}\n`;
        } catch (error) {
          throw dpctlError("odp_actions_from_string", error);
        }
      })
      .join(""),
};

function open(host: DpctlHost, name: string): Datapath {
  try {
    return host.datapaths.byName(name);
  } catch (error) {
    throw dpctlError(`Opening datapath ${name} failed`, error);
  }
}

function cacheCommands(host: DpctlHost): AppctlCommand[] {
  return [
    {
      name: "dpctl/cache-get-size",
      usage: "[dp]",
      minArgs: 0,
      maxArgs: 1,
      run: ([name]) => {
        const { type, name: base } = name === undefined ? chooseDatapath(host, name) : open(host, name);
        return `${type}@${base}:\n`;
      },
    },
    {
      name: "dpctl/cache-set-size",
      usage: "dp cache <size>",
      minArgs: 3,
      maxArgs: 3,
      run: ([name, , size]) => {
        if (!/^\d+$/.test(size ?? "")) throw dpctlError("size is malformed", "EINVAL");
        open(host, name ?? "");
        throw dpctlError("Setting caches not supported", "EOPNOTSUPP");
      },
    },
  ];
}

function offloadStats(host: DpctlHost): AppctlCommand {
  return {
    name: "dpctl/offload-stats-show",
    usage: "[dp]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => {
      chooseDatapath(host, name);
      throw dpctlError("retrieving offload statistics", "EINVAL");
    },
  };
}

/** All `dpctl/*` commands. */
export function dpctlCommands(host: DpctlHost): AppctlCommand[] {
  const conntrack = conntrackCommands(host);
  const commands = [
    ...dpctlPortCommands(host),
    ...dpctlShowCommands(host),
    ...dpctlFlowCommands(host),
    offloadStats(host),
    ...conntrack.tables,
    ...cacheCommands(host),
    ...conntrack.others,
    parseActions,
    dpctlNormalizeActions,
  ];
  const list: AppctlCommand = {
    name: "dpctl/list-commands",
    usage: "",
    minArgs: 0,
    maxArgs: Number.POSITIVE_INFINITY,
    run: () =>
      `The available commands are:\n${[...commands, list].map((c) => `  ${c.name.padEnd(28)}  ${c.usage}\n`).join("")}`,
  };
  return [...commands, list];
}

import type { AppctlCommand } from "#runtime/command.js";
import type { OfprotoSwitches } from "../switches.js";

type ShownUpcalls = {
  readonly datapath: string;
  readonly current: number;
  readonly average: number;
  readonly max: number;
  readonly limit: number;
  /** Milliseconds. */
  readonly dumpDuration: number;
  readonly ufid: boolean;
  readonly keys: number;
};

/** `upcall/show`: flows and how long it takes to look at all of them. There is one revalidator, number 1. */
function upcallShow(switches: OfprotoSwitches): AppctlCommand<readonly ShownUpcalls[]> {
  return {
    name: "upcall/show",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () =>
      [...switches.backers.values()].map(({ datapath, flows, flowLimit, revalidator }) => ({
        datapath: `${datapath.type}@${datapath.name}`,
        current: flows.size,
        average: revalidator.figures.average,
        max: Math.max(revalidator.figures.most, flows.size),
        limit: flowLimit.value,
        dumpDuration: Math.max(1, Math.round(revalidator.figures.duration)),
        ufid: switches.ufidDumps,
        keys: flows.size,
      })),
    text: (all) => all.map(format).join("\n"),
  };
}

function format(u: ShownUpcalls): string {
  return (
    `${u.datapath}:\n` +
    `  flows         : (current ${u.current}) (avg ${u.average}) (max ${u.max}) (limit ${u.limit})\n` +
    `  dump duration : ${u.dumpDuration}ms\n` +
    `  ufid enabled : ${u.ufid}\n\n` +
    `  1: (keys ${u.keys})\n`
  );
}

function setFlowLimit(switches: OfprotoSwitches): AppctlCommand<string> {
  return {
    name: "upcall/set-flow-limit",
    usage: "flow-limit-number",
    minArgs: 1,
    maxArgs: 1,
    run: ([text]) => {
      const number = Number.parseInt(text ?? "", 10);
      const limit = Number.isNaN(number) ? 0 : number >>> 0;
      for (const backer of switches.backers.values()) backer.flowLimit.set(limit);
      return `set flow_limit to ${limit}`;
    },
  };
}

/** `upcall/{enable,disable}-megaflows`: without them, each flow is of packets alike in every bit. */
function setMegaflows(switches: OfprotoSwitches, enabled: boolean): AppctlCommand<string> {
  return {
    name: `upcall/${enabled ? "enable" : "disable"}-megaflows`,
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => {
      for (const backer of switches.backers.values()) {
        backer.megaflows = enabled;
        backer.revalidator.purge();
      }
      return `megaflows ${enabled ? "enabled" : "disabled"}`;
    },
  };
}

/** `upcall/{enable,disable}-ufid`: dumps here are by name either way; the setting is kept and shown. */
function setUfid(switches: OfprotoSwitches, enabled: boolean): AppctlCommand<string> {
  return {
    name: `upcall/${enabled ? "enable" : "disable"}-ufid`,
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => {
      switches.ufidDumps = enabled;
      return `Datapath dumping tersely using UFID ${enabled ? "enabled for supported datapaths" : "disabled"}`;
    },
  };
}

/** `revalidator/wait`: answers when flows are as settings and tables say. */
function revalidatorWait(switches: OfprotoSwitches): AppctlCommand<string> {
  return {
    name: "revalidator/wait",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: async () => {
      await Promise.all([...switches.backers.values()].map((backer) => backer.revalidator.looked()));
      await switches.settle();
      return "";
    },
  };
}

/** `revalidator/purge`: removes every flow. */
function revalidatorPurge(switches: OfprotoSwitches): AppctlCommand<string> {
  return {
    name: "revalidator/purge",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => {
      for (const backer of switches.backers.values()) backer.revalidator.purge();
      return "";
    },
  };
}

/** Commands about upcalls and revalidation. */
export function upcallCommands(switches: OfprotoSwitches): AppctlCommand[] {
  return [
    revalidatorPurge(switches),
    revalidatorWait(switches),
    setMegaflows(switches, false),
    setUfid(switches, false),
    setMegaflows(switches, true),
    setUfid(switches, true),
    setFlowLimit(switches),
    upcallShow(switches) as AppctlCommand,
  ];
}

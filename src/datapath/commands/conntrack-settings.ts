import type { AppctlCommand } from "#runtime/command.js";
import { argumentError } from "./conntrack-arguments.js";
import { chooseDatapath, type DpctlHost, datapathFirst, takeOptions } from "./dpctl-arguments.js";

/** `ct-set-maxconns` and the other commands that set or show one thing of a datapath's connection tracking. */
export function conntrackSettingCommands(host: DpctlHost): AppctlCommand[] {
  return [
    setMost(host),
    getMost(host),
    getCount(host),
    checking(host, true),
    checking(host, false),
    getChecking(host),
    setSweepInterval(host),
    getSweepInterval(host),
  ];
}

function setMost(host: DpctlHost): AppctlCommand {
  return {
    name: "dpctl/ct-set-maxconns",
    usage: "[dp] maxconns",
    minArgs: 1,
    maxArgs: 2,
    run: (args) => {
      const [datapath, [text]] = datapathFirst(host, takeOptions(args).rest, 1);
      const digits = /^\s*\+?(\d+)/.exec(text ?? "")?.[1];
      if (digits === undefined) throw argumentError("maxconns missing or malformed");
      datapath.conntrack.setMaxConnections(Math.min(Number(digits), 0xffffffff));
      return "setting maxconns successful\n";
    },
  };
}

function getMost(host: DpctlHost): AppctlCommand<number> {
  return {
    name: "dpctl/ct-get-maxconns",
    usage: "[dp]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => chooseDatapath(host, name).conntrack.maxConnections,
    text: (most) => `${most}\n`,
  };
}

function getCount(host: DpctlHost): AppctlCommand<number> {
  return {
    name: "dpctl/ct-get-nconns",
    usage: "[dp]",
    minArgs: 0,
    maxArgs: 1,
    run: async ([name]) => (await chooseDatapath(host, name).conntrack.figures()).connections,
    text: (count) => `${count}\n`,
  };
}

function setSweepInterval(host: DpctlHost): AppctlCommand {
  return {
    name: "dpctl/ct-set-sweep-interval",
    usage: "[dp] ms",
    minArgs: 1,
    maxArgs: 2,
    run: (args) => {
      const [datapath, [text]] = datapathFirst(host, takeOptions(args).rest, 1);
      const digits = /^\s*\+?(\d+)/.exec(text ?? "")?.[1];
      if (digits === undefined) throw argumentError("sweep interval missing or malformed");
      datapath.conntrack.setSweepInterval(Math.min(Number(digits), 0xffffffff));
      return "setting sweep interval successful\n";
    },
  };
}

function getSweepInterval(host: DpctlHost): AppctlCommand<number> {
  return {
    name: "dpctl/ct-get-sweep-interval",
    usage: "[dp]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => chooseDatapath(host, name).conntrack.sweepInterval,
    text: (milliseconds) => `${milliseconds}\n`,
  };
}

function checking(host: DpctlHost, on: boolean): AppctlCommand {
  return {
    name: `dpctl/ct-${on ? "enable" : "disable"}-tcp-seq-chk`,
    usage: "[dp]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => {
      chooseDatapath(host, name).conntrack.setChecksSequences(on);
      return `${on ? "enabling" : "disabling"} TCP sequence checking successful\n`;
    },
  };
}

function getChecking(host: DpctlHost): AppctlCommand<boolean> {
  return {
    name: "dpctl/ct-get-tcp-seq-chk",
    usage: "[dp]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => chooseDatapath(host, name).conntrack.checksSequences,
    text: (on) => `TCP sequence checking: ${on ? "enabled" : "disabled"}\n`,
  };
}

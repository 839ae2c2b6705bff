import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { CtFragmentStatus, CtFragments } from "../conntrack/connection-tracking.js";
import { argumentError } from "./conntrack-arguments.js";
import { chooseDatapath, type DpctlHost, datapathFirst, takeOptions } from "./dpctl-arguments.js";

/** The least that the smallest size of fragments may be set to, and the most of how many may wait. */
const LEAST_V4 = 400;
const LEAST_V6 = 400;
const MOST_HELD = 5000;

function familyOf(text: string | undefined, error: string): boolean {
  if (text === "v4") return false;
  if (text === "v6") return true;
  throw argumentError(error);
}

const refused = (text: string): UserError => new UserError(`ovs-vswitchd: ${text} (Operation not permitted)`);

function numberOf(text: string | undefined): number | undefined {
  const digits = /^\s*\+?(\d+)/.exec(text ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function enable(host: DpctlHost, on: boolean): AppctlCommand {
  return {
    name: `dpctl/ipf-set-${on ? "enabled" : "disabled"}`,
    usage: "[dp] v4|v6",
    minArgs: 1,
    maxArgs: 2,
    run: (args) => {
      const isIpv6 = familyOf(args.at(-1), "parameter missing: 'v4' for IPv4 or 'v6' for IPv6");
      const [datapath] = datapathFirst(host, args, 1);
      datapath.conntrack.setFragmentsEnabled(isIpv6, on);
      return `${on ? "enabling" : "disabling"} fragmentation reassembly successful\n`;
    },
  };
}

function setLeast(host: DpctlHost): AppctlCommand {
  return {
    name: "dpctl/ipf-set-min-frag",
    usage: "[dp] v4|v6 minfragment",
    minArgs: 2,
    maxArgs: 3,
    run: (args) => {
      const [datapath, [family, text]] = datapathFirst(host, args, 2);
      const isIpv6 = familyOf(family, "parameter missing: v4 for IPv4 or v6 for IPv6");
      const bytes = numberOf(text);
      if (bytes === undefined) throw argumentError("parameter missing for minimum fragment size");
      if (bytes < (isIpv6 ? LEAST_V6 : LEAST_V4)) {
        throw refused("requested minimum fragment size too small; see documentation");
      }
      datapath.conntrack.setLeastFragment(isIpv6, bytes);
      return "setting minimum fragment size successful\n";
    },
  };
}

function setMost(host: DpctlHost): AppctlCommand {
  return {
    name: "dpctl/ipf-set-max-nfrags",
    usage: "[dp] maxfrags",
    minArgs: 1,
    maxArgs: 2,
    run: (args) => {
      const [datapath, [text]] = datapathFirst(host, takeOptions(args).rest, 1);
      const most = numberOf(text);
      if (most === undefined) throw argumentError("parameter missing for maximum fragments");
      if (most > MOST_HELD) throw refused("setting maximum fragments failed");
      datapath.conntrack.setMostFragments(most);
      return "setting maximum fragments successful\n";
    },
  };
}

function status(host: DpctlHost): AppctlCommand<CtFragmentStatus> {
  return {
    name: "dpctl/ipf-get-status",
    usage: "[dp]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => chooseDatapath(host, name).conntrack.fragments(),
    text: ({ most, held, v4, v6 }) => {
      const enabled = (f: CtFragments): number => (f.isEnabled ? 1 : 0);
      const lines = [
        "Fragmentation Module Status",
        "---------------------------",
        `v4 enabled: ${enabled(v4)}`,
        `v6 enabled: ${enabled(v6)}`,
        `max num frags (v4/v6): ${most}`,
        `num frag: ${held}`,
        ...familyLines("v4", v4),
        ...familyLines("v6", v6),
      ];
      return lines.map((line) => `        ${line}\n`).join("");
    },
  };
}

function familyLines(name: string, { least, counts }: CtFragments): string[] {
  return [
    `min ${name} frag size: ${least}`,
    `${name} frags accepted: ${counts.accepted}`,
    `${name} frags completed: ${counts.completed}`,
    `${name} frags expired: ${counts.expired}`,
    `${name} frags too small: ${counts.tooSmall}`,
    `${name} frags overlapped: ${counts.overlapped}`,
    `${name} frags purged: ${counts.purged}`,
  ];
}

/** `ipf-*`: fragments, which wait for each other to be tracked. */
export function conntrackFragmentCommands(host: DpctlHost): AppctlCommand[] {
  return [enable(host, true), enable(host, false), setLeast(host), setMost(host), status(host) as AppctlCommand];
}

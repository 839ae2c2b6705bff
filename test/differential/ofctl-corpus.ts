import type { OfctlScenario } from "../support/ofctl-duel.js";
import { actionTexts } from "./openflow-action-texts.js";
import { matchTexts } from "./openflow-match-texts.js";

/** Flows of every text: a match of its own before the bar, or none. */
const flows: readonly string[] = [
  ...actionTexts.map((text) => {
    const [match = "", actions = text] = text.includes("|") ? text.split("|") : ["", text];
    return `${match === "" ? "" : `${match},`}actions=${actions}`;
  }),
  ...matchTexts.map((text) => `${text},actions=drop`),
];

const versions = ["10", "13", "15"];
/** Of so many one is taken, those of the versions in turn. */
const EVERY = 16;

/** Where the words that are quoted in errors are others, on purpose: openflow/README.md. */
const known = /in_port_oxm|ct_(nw|ipv6)_|icmp|nsh_|tun_metadata|mod_nw_src:x|could not|\|/;

/** Some of the corpora's flows, given by both tools to switches of their own. */
export const ofctlCorpus: OfctlScenario = {
  name: "flows of the corpora",
  looks: "end",
  lines: flows
    .filter((flow) => !known.test(flow))
    .filter((_, i) => i % EVERY === 0)
    .map((flow, i) => `-O OpenFlow${versions[i % versions.length]!} add-flow br0 'priority=${i + 1},${flow}'`),
};

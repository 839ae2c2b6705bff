import type { OfctlScenario } from "../support/ofctl-duel.js";
import { actionTexts } from "./openflow-action-texts.js";
import { groupTexts, meterTexts } from "./openflow-group-texts.js";
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
/** Of so many one is taken, those of the versions in turn; the whole is `WEFT_EVERY=1`, which gives each text in each version. */
const EVERY = Number(process.env["WEFT_EVERY"] ?? 5);
const versionsOf = (i: number): readonly string[] => (EVERY === 1 ? versions : [versions[i % versions.length]!]);

/** What errors quote in other words or bytes, on purpose (openflow/README.md); debugging actions, which no tool reads again. */
const known = /in_port_oxm|ct_(nw|ipv6)_|icmp|nsh_|mod_nw_src:x|decap|debug_|\|/;

/** Some of the corpora's flows, given by both tools to switches of their own. */
export const ofctlCorpus: OfctlScenario = {
  name: "flows of the corpora",
  looks: "end",
  lines: flows
    .filter((flow) => !known.test(flow))
    .filter((_, i) => i % EVERY === 0)
    .flatMap((flow, i) => versionsOf(i).map((v) => `-O OpenFlow${v} add-flow br0 'priority=${i + 1},${flow}'`)),
};

/** Texts of groups and meters, in the versions that have them and one that has not. */
export const ofctlGroupCorpus: OfctlScenario = {
  name: "groups and meters of the corpora",
  looks: "end",
  lines: [
    ...groupTexts
      .filter((_, i) => i % 2 === 0)
      .map((text, i) => `|${text}\\n| -O OpenFlow${["13", "15", "10"][i % 3]!} add-groups br0 -`),
    ...meterTexts.map(([command, text], i) => `-O OpenFlow${["13", "15", "10"][i % 3]!} ${command} br0 '${text}'`),
  ],
};

import type { OfctlScenario } from "../support/ofctl-duel.js";

/** Command lines for two switches that are alike: `br0` with ports `p1` and `p2`, every version of OpenFlow. */
export const ofctlScenarios: readonly OfctlScenario[] = [
  {
    name: "command lines",
    lines: [
      "",
      "nonsense",
      "show",
      "show a b",
      "show nowhere",
      "--read-only add-flow br0 actions=drop",
      "-O OpenFlow99 show br0",
      "-F nonsense show br0",
      "-F NXM -O OpenFlow13 show br0",
      "-t 0 show br0",
      "--color=blue show br0",
      "--sort=nonsense dump-flows br0",
      "-P nonsense monitor br0",
      "ofp-print 0102000800000001",
      "ofp-print 01020008000000010",
      "ofp-print ''",
      "ofp-parse /nonexistent",
    ],
  },
];

import { formatActions } from "#openflow/actions/table.js";
import { formatMatch } from "#openflow/match-text.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { OfprotoSwitches } from "../switches.js";
import type { Rule } from "../tables/rule.js";

/** Priority of a rule that names none. */
const DEFAULT_PRIORITY = 32768;

/** `bridge/dump-flows`: OpenFlow flows, the switch's own among them. */
export function bridgeDumpFlows(switches: OfprotoSwitches): AppctlCommand<readonly string[]> {
  return {
    name: "bridge/dump-flows",
    usage: "[--offload-stats] bridge",
    minArgs: 1,
    maxArgs: 2,
    run: (args) => {
      const bridge = switches.bridges.get(args.at(-1)!);
      if (!bridge) throw new UserError("Unknown bridge");
      // Flows hit packets that no one has asked about since: count them first.
      bridge.backer.revalidator.collect();
      const offload = args.length > 1 && args[0] === "--offload-stats";
      const now = bridge.backer.clock.now();
      return bridge.state.tables.rules().map((r) => formatRule(r, now, offload));
    },
    text: (lines) => lines.map((l) => `${l}\n`).join(""),
  };
}

function formatRule(rule: Rule, now: number, offload: boolean): string {
  const about = [
    ...(rule.tableId === 0 ? [] : [`table_id=${rule.tableId}`]),
    `duration=${Math.floor((now - rule.created) / 1000)}s`,
    `n_packets=${rule.packets}`,
    `n_bytes=${rule.bytes}`,
    ...(offload ? ["n_offload_packets=0", "n_offload_bytes=0"] : []),
  ];
  const match = [
    ...(rule.priority === DEFAULT_PRIORITY ? [] : [`priority=${rule.priority}`]),
    ...[formatMatch(rule.match)].filter((m) => m !== ""),
  ];
  return `${about.join(", ")}, ${match.join(",")},actions=${formatActions(rule.actions)}`;
}

import type { FlowKey } from "#flow/key.js";
import { MAX_VLANS, VLAN_PRESENT, W } from "#flow/layout.js";
import { parseOdpKey } from "#flow/odp-parse.js";
import { formatOdpKey } from "#flow/odp-text.js";
import type { AppctlCommand } from "#runtime/command.js";
import { errnoText } from "#util/errno.js";
import { UserError } from "#util/errors.js";
import type { DatapathAction } from "../actions.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { formatDatapathActions } from "../text/action-text.js";
import { dpctlError } from "./dpctl-arguments.js";

/** The tags and label of a packet between two actions, and what is done to it then. */
interface Stage {
  /** Words of the key, outermost first; 0 for none. */
  readonly vlans: readonly number[];
  readonly mpls: number;
  readonly actions: DatapathAction[];
}

/** Sorts outputs that follow each other by port: their order makes no difference. */
function sortOutputs(actions: readonly DatapathAction[]): DatapathAction[] {
  const sorted: DatapathAction[] = [];
  let run: (DatapathAction & { kind: "output" })[] = [];
  const end = (): void => {
    sorted.push(...run.sort((a, b) => a.port - b.port));
    run = [];
  };
  for (const action of actions) {
    if (action.kind === "output") run.push(action);
    else {
      end();
      sorted.push(action);
    }
  }
  end();
  return sorted;
}

/** What is done to the packet, by the tags and labels it has at the time; stages in the order of these. */
function stagesOf(key: FlowKey, actions: readonly DatapathAction[]): Stage[] {
  const stages = new Map<string, Stage>();
  let vlans = Array.from({ length: MAX_VLANS }, (_, i) => key[W.vlan0 + i]!).filter((v) => v !== 0);
  let mpls = key[W.mpls]!;
  const stage = (): Stage => {
    const name = `${vlans.join()}/${mpls}`;
    const known = stages.get(name) ?? { vlans, mpls, actions: [] };
    stages.set(name, known);
    return known;
  };
  for (const action of actions) {
    if (action.kind === "push_vlan") {
      vlans = [((action.tpid << 16) | VLAN_PRESENT | (action.pcp << 13) | action.vid) >>> 0, ...vlans];
    } else if (action.kind === "pop_vlan") vlans = vlans.slice(1);
    else if (action.kind === "push_mpls") mpls = action.lse;
    else if (action.kind === "pop_mpls") mpls = 0;
    else stage().actions.push(action);
  }
  if (stages.size === 0) stage();
  const outer = (s: Stage): number => s.vlans[0] ?? 0;
  return [...stages.values()].sort((a, b) => outer(a) - outer(b) || a.mpls - b.mpls);
}

function formatStage({ vlans, mpls, actions }: Stage): string {
  const tags =
    vlans.length === 0
      ? "no vlan: "
      : vlans.map((tci) => `vlan(vid=${tci & 0xfff},pcp=${(tci >>> 13) & 7}): `).join("");
  const label = mpls === 0 ? "no mpls: " : `mpls(label=${mpls >>> 12},tc=${(mpls >>> 9) & 7},ttl=${mpls & 0xff}): `;
  return `${tags}${label}${formatDatapathActions(sortOutputs(actions))}`;
}

/** `dpctl/normalize-actions`: what actions come to, for comparing lists that differ in their wording only. */
export const dpctlNormalizeActions: AppctlCommand = {
  name: "dpctl/normalize-actions",
  usage: "actions",
  minArgs: 2,
  maxArgs: Number.POSITIVE_INFINITY,
  run: ([flow, text, ...names]) => {
    const ports = new Map<string, number>();
    for (const name of names) {
      const m = /^(.+)=(\d+)$/.exec(name);
      if (m === null) throw dpctlError(`${name}: expected NAME=NUMBER`);
      ports.set(m[1]!, Number(m[2]));
    }
    let key: FlowKey;
    try {
      key = parseOdpKey(flow ?? "", { portNumber: (name) => ports.get(name) }).key;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw dpctlError(`odp_flow_key_from_string (${error.message}) (${errnoText("EINVAL")})`);
    }
    const input = formatOdpKey(key)
      .replace(/^.*?(?=in_port\()/, "")
      .replace(/packet_type\([^)]*\),?/, "")
      .replace(/,tcp_flags\(0\)$/, "");
    let actions: DatapathAction[];
    try {
      actions = parseDatapathActions(text ?? "");
    } catch (error) {
      throw new UserError(`input flow: ${input}\n${dpctlError("odp_actions_from_string", error).message}`);
    }
    // Upstream ends no stage with a line.
    return `input flow: ${input}\n${stagesOf(key, actions).map(formatStage).join("")}\n`;
  },
};

import { newMatch } from "#flow/match.js";
import { parseActions } from "#openflow/actions/parse.js";
import { parseFlowMatch } from "#openflow/match-parse.js";
import { BundleControlType } from "#openflow/messages/bundle/bundle-control.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import type { FlowMonitor } from "#openflow/messages/flow/flow-monitor-request.js";
import { ALL_TABLES, ANY_GROUP, DEFAULT_PRIORITY } from "#openflow/messages/flow/flow-parts.js";
import { newFlowMod } from "#openflow/messages/flow/new-flow-mod.js";
import type { GroupCommand } from "#openflow/messages/group/group-mod.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import type { PortMod } from "#openflow/messages/port/port-mod.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import type { Body } from "#openflow/messages/table.js";
import { OFPP } from "#openflow/port-number.js";
import { OF13, type Version } from "#openflow/version.js";
import { OpenFlowTalker } from "../../support/openflow-talker.js";
import type { SwitchStack } from "../../support/switch-stack.js";

/** What is said to a switch in one go. */
export type Said = Body | Uint8Array;

/** What a step of a conversation is: something to say, or `ofctl`/`appctl` and words. */
export type Step = string | Said | ((talk: Talk) => Said);

/** Things said to a switch, one after the other, on one connection. */
export interface Conversation {
  readonly name: string;
  readonly versions: readonly Version[];
  /** In rows, where that is shorter. */
  readonly steps: readonly (Step | readonly Step[])[];
}

/** What steps need that only a running switch, or the connection, can give. */
interface Talk {
  /** Address of a port. */
  mac(port: number): number;
  /** A message, changed before it goes. */
  changed(body: Body, change: (bytes: Uint8Array) => void, flags?: number, xid?: number): Uint8Array;
  /** A message that is put into a bundle. */
  add(bundleId: number, flags: number, body: Body): Body;
}

/** A flow-mod, without a match and actions where nothing else is said. */
export function flow(
  changes: Omit<Partial<FlowMod>, "match" | "actions"> & { match?: string; actions?: string } = {},
): FlowMod {
  const { match, actions, ...others } = changes;
  return newFlowMod({
    command: "add",
    priority: DEFAULT_PRIORITY,
    ...others,
    match: parseFlowMatch(match ?? ""),
    actions: actions === undefined ? [] : parseActions(actions),
  });
}

export const group = (text: string, command: GroupCommand = "add"): Body => parseGroupMod(text, command).groupMod;

export const selection = (
  kind: "flow_stats_request" | "aggregate_request",
  table: number = ALL_TABLES,
  outPort: number = OFPP.none,
): Body => ({ kind, table, outPort, outGroup: ANY_GROUP, cookie: 0n, cookieMask: 0n, match: newMatch() });

export function monitor(changes: Omit<Partial<FlowMonitor>, "match"> & { match?: string }): FlowMonitor {
  const { match, ...others } = changes;
  return {
    id: 1,
    command: "add",
    flags: 0x1f,
    table: ALL_TABLES,
    outPort: OFPP.none,
    outGroup: ANY_GROUP,
    ...others,
    match: match === undefined ? newMatch() : parseFlowMatch(match),
  };
}

export const watch = (...monitors: readonly FlowMonitor[]): Body => ({ kind: "flow_monitor_request", monitors });

export const packetOut = (data: string, inPort: number, actions = "", bufferId: number = NO_BUFFER): Body => ({
  kind: "packet_out",
  bufferId,
  data: Uint8Array.from(Buffer.from(data, "hex")),
  match: parseFlowMatch(`in_port=${inPort}`),
  actions: parseActions(actions),
});

export const portMod = (port: number, address: number, config: number, mask: number): PortMod => ({
  kind: "port_mod",
  ...{ port, address, config, mask },
  advertise: 0,
});

type Control = (bundleId: number, flags?: number) => Body;
const control =
  (type: number): Control =>
  (bundleId, flags = 3) => ({ kind: "bundle_control", bundleId, type, flags });
export const open: Control = control(BundleControlType.openRequest);
export const close: Control = control(BundleControlType.closeRequest);
export const commit: Control = control(BundleControlType.commitRequest);
export const discard: Control = control(BundleControlType.discardRequest);
export const controlOf = (type: number, bundleId: number): Body => control(type)(bundleId);

/** Bytes by their digits. */
export const bytes = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits.replaceAll(" ", ""), "hex"));

/** Has a conversation with a switch's br0, which has no flows, groups and meters then; gives what was said, line by line. */
export async function converse(stack: SwitchStack, version: Version, { steps }: Conversation): Promise<string[]> {
  const management = stack.path("br0.mgmt");
  for (const command of ["del-flows", "del-groups", "del-meters", "del-tlv-map"]) {
    await stack.must("/usr/bin/ovs-ofctl", "-O", "OpenFlow15", command, `unix:${management}`);
  }
  const macs = await addresses(management);
  const talker = await OpenFlowTalker.open(management, version);
  const talk: Talk = {
    mac: (port) => macs.get(port) ?? 0,
    changed: (body, change, flags, xid) => {
      const message = talker.encode(body, flags, xid);
      change(message);
      return message;
    },
    add: (bundleId, flags, body) => ({ kind: "bundle_add", bundleId, flags, message: talker.encode(body) }),
  };
  const lines: string[] = [];
  try {
    for (const [i, step] of (steps.flat() as Step[]).entries()) {
      const answers = await take(stack, talker, typeof step === "function" ? step(talk) : step);
      lines.push(`step ${i}${typeof step === "string" ? `: ${step}` : ""}`, ...answers.map(comparable));
    }
  } finally {
    talker.close();
  }
  return lines;
}

async function take(stack: SwitchStack, talker: OpenFlowTalker, said: Said | string): Promise<string[]> {
  const printed: string[] = [];
  if (typeof said === "string") {
    const [program = "", ...words] = said.split(" ");
    const all = words.map((word) => word.replace("BR", `unix:${stack.path("br0.mgmt")}`));
    const ran = program === "ofctl" ? await stack.run("/usr/bin/ovs-ofctl", ...all) : await stack.appctl(...all);
    printed.push(stack.unalias(ran.stdout + ran.stderr));
  }
  const message = said instanceof Uint8Array ? said : typeof said === "string" ? bytes("") : talker.encode(said);
  const answers = await talker.say(message);
  return [...printed, ...answers.map((m) => formatMessageBytes(m, { verbosity: 2 }))];
}

async function addresses(management: string): Promise<Map<number, number>> {
  const talker = await OpenFlowTalker.open(management, OF13);
  const found = new Map<number, number>();
  for (const body of await talker.ask({ kind: "port_desc_request", port: OFPP.none })) {
    if (body.kind === "port_desc_reply") for (const { number, address } of body.ports) found.set(number, address);
  }
  talker.close();
  return found;
}

/** Without what is random about a switch, and the release that it says it is. */
function comparable(text: string): string {
  const lines = text.trimEnd().split("\n");
  // Groups have no order.
  const groups = lines.filter(isGroup).sort();
  return lines
    .map((line) => (isGroup(line) ? groups.shift()! : line))
    .join("\n")
    .replace(/duration([=:])[\d.]+s/g, "duration$1<time>")
    .replace(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, "<mac>")
    .replace(/idle_age=\d+/g, "idle_age=<time>")
    .replace(/^Software: .*/m, "Software: <release>")
    .replace(/^band_types: .*/m, "band_types: <theirs>");
}

const isGroup = (line: string): boolean => line.startsWith(" group_id=");

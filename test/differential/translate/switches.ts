import { ofprotoTrace } from "#ofproto/commands/trace.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { decodeMessage, encodeMessage } from "#openflow/messages/codec.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { OfpError } from "#openflow/ofp-error.js";
import { protocols } from "#openflow/protocol.js";
import { OF10, OF15 } from "#openflow/version.js";
import { UserError } from "#util/errors.js";
import { SwitchLab } from "../../scenario/switch-lab.js";
import { startRealDummyStack } from "../../support/real-dummy-stack.js";

/** Flows of bridges br0 and br1, and packets to trace in br0. */
export interface Flows {
  /** What flows are said in. */
  readonly version: 10 | 15;
  readonly br0: readonly string[];
  readonly br1: readonly string[];
}

/** Bridges br0 (ports p1 to p4, and 10 to the other) and br1 (port q1, and 11). */
export interface Traced {
  set(flows: Flows): Promise<void>;
  /** Words of `ofproto/trace` after the bridge. */
  trace(...words: string[]): Promise<string>;
}

/** Ours, in this process. */
export function ourSwitch(): Traced {
  const lab = new SwitchLab();
  for (const name of ["br0", "br1"]) lab.addBridge(name, { failMode: "secure", vlanLimit: 2 });
  for (const number of [1, 2, 3, 4]) lab.addPort("br0", `p${number}`, {}, "dummy", number);
  lab.addPort("br1", "q1", {}, "dummy", 1);
  const patch = (bridge: string, name: string, peer: string, number: number): void => {
    const device = lab.switches.deviceClass("dummy", "patch")!.open(name, new Map([["peer", peer]]));
    lab.bridge(bridge).addPort(device, number);
    lab.configurePort(bridge, name, {});
  };
  patch("br0", "pa", "pb", 10);
  patch("br1", "pb", "pa", 11);
  const command = ofprotoTrace(lab.switches);
  const own = (bridge: string, text: string, version: 10 | 15): void => {
    const wire = version === 10 ? OF10 : OF15;
    const { flowMod, usable } = parseFlowMod(text, "add");
    const protocol = protocols.find((p) => p.version === wire && p.tableId && (usable & p.bit) !== 0)!;
    const bytes = encodeMessage(flowMod, wire, 1, { protocol });
    // Actions for tests are taken from the wire by a daemon that was asked to.
    const body = text.includes("debug_") ? flowMod : (decodeMessage(bytes).body as FlowMod);
    lab.switches.bridges.get(bridge)!.flowMod(body, ownOrigin);
  };
  return {
    async set({ version, ...flows }) {
      for (const bridge of ["br0", "br1"] as const) {
        lab.switches.bridges.get(bridge)!.flowMod(parseFlowMod("", "delete").flowMod, ownOrigin);
        for (const text of flows[bridge]) own(bridge, text, version);
      }
    },
    async trace(...words) {
      try {
        return command.text!(await command.run(["br0", "--names", ...words]));
      } catch (error) {
        if (error instanceof UserError || error instanceof OfpError) return `${error.message}\n`;
        throw error;
      }
    },
  };
}

const setup = [
  "set Open_vSwitch . other_config:vlan-limit=2",
  ...["br0", "br1"].map(
    (name) =>
      `add-br ${name} -- set Bridge ${name} datapath_type=dummy fail_mode=secure protocols=[OpenFlow10,OpenFlow15]`,
  ),
  ...[1, 2, 3, 4].map((n) => `add-port br0 p${n} -- set Interface p${n} type=dummy ofport_request=${n}`),
  "add-port br1 q1 -- set Interface q1 type=dummy ofport_request=1",
  "add-port br0 pa -- set Interface pa type=patch ofport_request=10 options:peer=pb",
  "add-port br1 pb -- set Interface pb type=patch ofport_request=11 options:peer=pa",
];

/** The installed one; `close` ends it. */
export async function realSwitch(): Promise<Traced & { close(): Promise<void> }> {
  const { stack, call, close } = await startRealDummyStack(setup);
  const ofctl = (version: number, ...words: string[]): Promise<string> =>
    stack.must("/usr/bin/ovs-ofctl", "-O", `OpenFlow${version}`, ...words);
  return {
    async set({ version, ...flows }) {
      for (const bridge of ["br0", "br1"] as const) {
        await ofctl(version, "del-flows", bridge);
        for (const text of flows[bridge]) await ofctl(version, "add-flow", bridge, text);
      }
    },
    trace: (...words) => call("ofproto/trace", "br0", "--names", ...words),
    close,
  };
}

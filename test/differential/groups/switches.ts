import { composeFrame } from "#flow/compose.js";
import { parseOdpKey } from "#flow/odp-parse.js";
import { ofprotoTrace } from "#ofproto/commands/trace.js";
import { groupDescription, groupFeatures, groupStatistics } from "#ofproto/groups/group-replies.js";
import { meterConfigurations, meterFeatures, meterStatistics } from "#ofproto/meters/meter-replies.js";
import type { Modification } from "#ofproto/modification.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { decodeMessage, encodeMessage } from "#openflow/messages/codec.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import type { GroupCommand, GroupMod } from "#openflow/messages/group/group-mod.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { OFPG } from "#openflow/messages/group/group-number.js";
import type { MeterMod } from "#openflow/messages/meter/meter-mod.js";
import { parseMeterMod } from "#openflow/messages/meter/meter-mod-parse.js";
import { OFPM } from "#openflow/messages/meter/meter-number.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import type { Body } from "#openflow/messages/table.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OF13, OF15, type Version } from "#openflow/version.js";
import { UserError } from "#util/errors.js";
import { SwitchLab } from "../../scenario/switch-lab.js";
import { eventually } from "../../support/eventually.js";
import { startRealDummyStack } from "../../support/real-dummy-stack.js";

/**
 * A bridge br0 with ports p1 to p6, its clock stopped. `run` does a line and gives what it printed: `add-group`, `mod-group`, `del-groups`, `insert-buckets`,
 * `remove-buckets`, `add-meter`, `mod-meter`, `del-meter`, `add-flow`, `del-flows` and what follows them for ovs-ofctl; `dump-groups`, `dump-group-stats`,
 * `dump-meters`, `meter-stats`, `dump-flows`, `group-features`, `meter-features`; `trace FLOW`; `receive PORT FLOW [COUNT]`; `down PORT`, `up PORT`; `warp MS`; `settle`, after
 * which no cached flow is older than the tables.
 */
export interface GroupSwitch {
  run(line: string): Promise<string>;
  close(): Promise<void>;
}

/** What of a text may be compared: groups and meters have no order, and time goes on while commands come. */
function comparable(text: string): string {
  const lines = text
    .replace(/\(xid=0x[0-9a-f]+\)/g, "")
    .replace(/duration[=:][\d.]+s/g, "duration")
    .replace(/, (?:idle|hard)_age=\d+/g, "")
    .replace(/used:[\d.]+s/g, "used")
    .trimEnd()
    .split("\n");
  return lines.join("\n");
}

const groupCommands: Readonly<Record<string, GroupCommand>> = {
  "add-group": "add",
  "mod-group": "modify",
  "insert-buckets": "insert_bucket",
  "remove-buckets": "remove_bucket",
  "del-groups": "delete",
};
const meterCommands: Readonly<Record<string, "add" | "modify" | "delete">> = {
  "add-meter": "add",
  "mod-meter": "modify",
  "del-meter": "delete",
};

/** Ours, in this process. */
export function ourSwitch(): GroupSwitch {
  const lab = new SwitchLab();
  lab.addBridge("br0", { failMode: "secure" });
  for (let n = 1; n <= 6; n++) lab.addPort("br0", `p${n}`, {}, "dummy", n);
  const bridge = lab.switches.bridges.get("br0")!;
  const { state, backer } = bridge;
  const trace = ofprotoTrace(lab.switches);
  const sentOver = <B extends Body>(body: B, version: Version): B =>
    decodeMessage(encodeMessage(body, version, 1)).body as unknown as B;
  const commit = (modification: Modification): void => {
    const failure = bridge.commit([modification]);
    if (failure !== undefined) throw failure.error;
    lab.settle();
  };
  const show = (body: Body, version: Version = OF15): string => formatMessageBytes(encodeMessage(body, version, 1));
  const dumps: Readonly<Record<string, () => string>> = {
    "dump-groups": () => show(groupDescription(state.groups, OFPG.all)),
    "dump-group-stats": () => {
      bridge.collectStatistics();
      return show(groupStatistics(state.groups, state.tables, OFPG.all, lab.clock.now()));
    },
    "dump-meters": () => show(meterConfigurations(state.meters, OFPM.all), OF13),
    "meter-stats": () =>
      show(meterStatistics(state.meters, state.tables, backer.meters, OFPM.all, lab.clock.now()), OF13),
    "group-features": () => show(groupFeatures),
    "meter-features": () => show(meterFeatures(backer.meters), OF13),
    "count-flows": () => String(state.tables.rules().filter((r) => !r.isHidden && r.tableId < 254).length),
  };
  const run = async (verb: string, rest: string): Promise<string> => {
    const group = groupCommands[verb];
    if (group !== undefined) {
      const text = rest === "" && group === "delete" ? "group_id=all" : rest;
      const { groupMod } = parseGroupMod(text, group);
      commit(bridge.groupModification(sentOver<GroupMod>(groupMod, OF15), ownOrigin));
      return "";
    }
    const meter = meterCommands[verb];
    if (meter !== undefined) {
      const { meterMod } = parseMeterMod(rest, meter);
      commit(bridge.meterModification(sentOver<MeterMod>(meterMod, OF13), ownOrigin));
      return "";
    }
    switch (verb) {
      case "add-flow":
      case "del-flows":
        bridge.flowMod(
          sentOver<FlowMod>(parseFlowMod(rest, verb === "add-flow" ? "add" : "delete").flowMod, OF15),
          ownOrigin,
        );
        lab.settle();
        return "";
      case "trace":
        return trace.text!(await trace.run(rest.split(" ")));
      case "receive": {
        const [port, flow, count = "1"] = rest.split(" ");
        for (let i = 0; i < Number(count); i++) lab.device(port!).receive(composeFrame(parseOdpKey(flow!).key));
        return "";
      }
      case "down":
      case "up":
        lab.device(rest).setUp(verb === "up");
        lab.settle();
        return "";
      case "warp":
        lab.clock.advance(Number(rest));
        lab.settle();
        return "";
      case "settle":
        lab.settle();
        return "";
      default:
        return dumps[verb]!();
    }
  };
  return {
    async run(line) {
      const [verb = "", ...words] = line.split(" ");
      try {
        return comparable(await run(verb, words.join(" ")));
      } catch (error) {
        if (error instanceof OfpError) return error.error;
        if (error instanceof UserError) return error.message;
        throw error;
      }
    },
    close: async () => lab.switches.close(true),
  };
}

const ports = [1, 2, 3, 4, 5, 6];
const setup = [
  "add-br br0 -- set Bridge br0 datapath_type=dummy fail_mode=secure protocols=[OpenFlow10,OpenFlow13,OpenFlow15]",
  ...ports.map((n) => `add-port br0 p${n} -- set Interface p${n} type=dummy ofport_request=${n}`),
];
const ofctlCommands: ReadonlySet<string> = new Set([
  ...Object.keys(groupCommands),
  ...Object.keys(meterCommands),
  ...["add-flow", "del-flows", "dump-groups", "dump-group-stats"],
]);
const ofctl13: ReadonlyMap<string, string> = new Map([
  ["dump-meters", "dump-meters"],
  ["meter-stats", "meter-stats"],
  ["meter-features", "meter-features"],
]);

/** The installed one. */
export async function realSwitch(): Promise<GroupSwitch> {
  const { stack, call, close } = await startRealDummyStack(setup);
  await call("time/stop");
  const ofctl = async (version: number, ...words: string[]): Promise<string> => {
    const { stdout, stderr } = await stack.run("/usr/bin/ovs-ofctl", "-O", `OpenFlow${version}`, ...words);
    const refused = /OFPT_ERROR.*?: (OFP\w+)/.exec(stderr)?.[1];
    return refused ?? stdout + stderr.replace(/^ovs-ofctl: /gm, "");
  };
  const received = async (port: string): Promise<number> => {
    const shown = await call("dpctl/show", "-s");
    return Number(new RegExp(`: ${port} \\(.*\n\\s*RX packets:(\\d+)`).exec(shown)![1]);
  };
  const run = async (verb: string, rest: string): Promise<string> => {
    const words = rest === "" ? [] : [rest];
    if (verb === "del-meter" && rest === "meter=all") return ofctl(13, "del-meters", "br0");
    if (verb.endsWith("-meter")) return ofctl(13, verb, "br0", ...words);
    if (ofctl13.has(verb)) return ofctl(13, verb, "br0");
    if (verb === "group-features") return ofctl(15, "dump-group-features", "br0");
    if (verb === "dump-group-stats") await call("revalidator/wait");
    if (ofctlCommands.has(verb)) return ofctl(15, verb, "br0", ...words);
    switch (verb) {
      case "trace":
        return call("ofproto/trace", ...rest.split(" "));
      case "receive": {
        const [port, flow, count = "1"] = rest.split(" ");
        const before = await received(port!);
        const answer = await call("netdev-dummy/receive", port!, ...Array<string>(Number(count)).fill(flow!));
        // Its datapath takes them when it comes to that.
        const isDone = async (): Promise<boolean> => (await received(port!)) >= before + Number(count);
        await eventually(isDone, `${port} to have received ${count}`);
        return answer;
      }
      case "down":
      case "up":
        await call("netdev-dummy/set-admin-state", rest, verb);
        await call("revalidator/wait");
        return "";
      case "warp":
        await call("time/warp", rest);
        return "";
      case "settle":
        await call("revalidator/wait");
        return "";
      case "count-flows":
        return String((await ofctl(15, "dump-flows", "br0")).split("\n").filter((l) => l.includes("actions=")).length);
      default:
        throw new Error(`unknown verb ${verb}`);
    }
  };
  return {
    async run(line) {
      const [verb = "", ...words] = line.split(" ");
      return comparable(await run(verb, words.join(" ")));
    },
    close,
  };
}

import { W } from "#flow/layout.js";
import { type Match, matchesOverlap } from "#flow/match.js";
import { parseOdpKey } from "#flow/odp-parse.js";
import type { AppctlCommand } from "#runtime/command.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import type { DatapathAction } from "../actions.js";
import type { Datapath, DatapathFlow, FlowStats } from "../datapath.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { formatFlowStats, formatUfid } from "../text/flow-text.js";
import { FlowTexts } from "../text/flow-texts.js";
import { UserspaceDatapath } from "../userspace/userspace-datapath.js";
import {
  chooseDatapath,
  type DpctlHost,
  datapathFirst,
  dpctlError,
  isDatapath,
  portNames,
  takeOptions,
} from "./dpctl-arguments.js";
import { isWholeKey } from "./is-whole-key.js";
import { sameMatch } from "./same-match.js";

type DumpedFlow = DatapathFlow & { readonly stats: FlowStats };

type Layer = "ovs" | "ebpf";

const ALL: readonly Layer[] = ["ovs", "ebpf"];
const NONE: readonly Layer[] = [];

/**
 * What `type=` shows of flows. Those in the kernel are the switch's own, on no hardware and not in tc, so that upstream's types show all or nothing; the last one is
 * of ours.
 */
const FLOW_TYPES: ReadonlyMap<string, readonly Layer[]> = new Map([
  ["all", ALL],
  ["ovs", ALL],
  ["non-offloaded", ALL],
  ["tc", NONE],
  ["dpdk", NONE],
  ["offloaded", NONE],
  ["partially-offloaded", NONE],
  ["", NONE],
  ["ebpf", ["ebpf"]],
]);
/** How `pmd=` names the thread that is no numbered core's. */
const MAIN_THREAD: ReadonlySet<string> = new Set(["-1", "4294967295"]);

interface FlowTextChoice {
  readonly verbose: boolean;
  readonly names: boolean;
}

/** A flow as data. `match` and `actions` are in the language of these commands. */
type ShownFlow = {
  readonly ufid: string;
  readonly match: string;
  readonly packets: number;
  readonly bytes: number;
  /** Milliseconds since it was used last; null where it never was. */
  readonly idle: number | null;
  readonly tcpFlags: number;
  readonly actions: string;
  /** What forwards its packets. */
  readonly layer: Layer;
};

function layerOf(flow: DatapathFlow): Layer {
  return flow.isInKernel ? "ebpf" : "ovs";
}

function textsOf(dp: Datapath, { verbose, names }: FlowTextChoice): FlowTexts {
  return new FlowTexts({ ...(names ? { portName: portNames(dp) } : {}), verbose });
}

function showFlow(flow: DumpedFlow, now: number, texts: FlowTexts): ShownFlow {
  const { packets, bytes, used, tcpFlags } = flow.stats;
  return {
    ufid: formatUfid(flow.ufid),
    match: texts.match(flow),
    packets,
    bytes,
    idle: used === 0 ? null : Math.max(0, now - used),
    tcpFlags,
    actions: texts.actions(flow),
    layer: layerOf(flow),
  };
}

function formatShown({ ufid, match, idle, actions, layer, ...counted }: ShownFlow, verbose: boolean): string {
  // Only how long ago counts in the text.
  const stats = formatFlowStats({ ...counted, used: idle === null ? 0 : 1 }, (idle ?? 0) + 1);
  return `${verbose ? `ufid:${ufid}, ` : ""}${match}, ${stats}, ${verbose ? `dp:${layer}, ` : ""}actions:${actions}`;
}

/** `formatShown` of `showFlow`, by a shorter way. */
function formatFlow(flow: DumpedFlow, now: number, texts: FlowTexts, verbose: boolean): string {
  const name = verbose ? `ufid:${formatUfid(flow.ufid)}, ` : "";
  const layer = verbose ? `dp:${layerOf(flow)}, ` : "";
  return `${name}${texts.match(flow)}, ${formatFlowStats(flow.stats, now)}, ${layer}actions:${texts.actions(flow)}\n`;
}

/** The ufid that a flow text begins with, and the rest. */
function splitUfid(text: string): { ufid: string | undefined; rest: string } {
  const m = /^ufid:([0-9a-fA-F]{8})-([0-9a-fA-F]{4})-([0-9a-fA-F]{4})-([0-9a-fA-F]{4})-([0-9a-fA-F]{12})[, \t]*/.exec(
    text,
  );
  if (m === null && text.startsWith("ufid:")) throw dpctlError("parsing flow ufid", "EINVAL");
  return m === null
    ? { ufid: undefined, rest: text }
    : { ufid: m.slice(1).join("").toLowerCase(), rest: text.slice(m[0].length) };
}

function parseKey(dp: Datapath, text: string): Match {
  try {
    return parseOdpKey(text, { portNumber: (name) => dp.portByName(name)?.number });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw dpctlError(`parsing flow key (${error.message}) (${errnoText("EINVAL")})`);
  }
}

function parseActions(text: string): DatapathAction[] {
  try {
    return parseDatapathActions(text);
  } catch (error) {
    throw dpctlError("parsing actions", error);
  }
}

function findFlow(dp: Datapath, ufid: string | undefined, match: Match): DumpedFlow | undefined {
  if (ufid !== undefined) return dp.flow(ufid);
  for (const flow of dp.flows()) if (sameMatch(flow, match)) return flow;
  return undefined;
}

function errnoError(code: string): HostError {
  return new HostError("", code, errnoNumber(code), errnoText(code));
}

type PutMode = "add" | "modify";

function putFlow(host: DpctlHost, dp: Datapath, text: string, actionsText: string, mode: PutMode): void {
  const { ufid, rest } = splitUfid(text);
  const match = parseKey(dp, rest);
  const actions = parseActions(actionsText);
  try {
    if (!isWholeKey(rest, match)) throw errnoError("EINVAL");
    const asWritten = findFlow(dp, ufid, match);
    // A flow that names no tag is of packets without any.
    if (asWritten === undefined && match.key[W.vlan0] === 0) match.mask[W.vlan0] = 0xffffffff;
    const known = asWritten ?? findFlow(dp, ufid, match);
    if (mode === "add" && known !== undefined) throw errnoError("EEXIST");
    if (mode === "modify" && known === undefined) throw errnoError("ENOENT");
    dp.putFlow({ ufid: known?.ufid ?? ufid ?? host.newUfid(), key: match.key, mask: match.mask, actions });
  } catch (error) {
    throw dpctlError("updating flow table", error);
  }
}

function deleteFlow(dp: Datapath, text: string): void {
  const { ufid, rest } = splitUfid(text);
  const flow = findFlow(dp, ufid, parseKey(dp, rest));
  if (flow === undefined || dp.deleteFlow(flow.ufid) === undefined) {
    throw new UserError(`ovs-vswitchd: deleting flow (${errnoText("ENOENT")})\nPerhaps you need to specify a UFID?`);
  }
}

/** Carries out a file of flows: `[add|modify|delete] FLOW [ACTIONS]` on each line. What fails is told and passed over. */
function flowsFromFile(host: DpctlHost, dp: Datapath, path: string, byDefault: PutMode | "delete"): string {
  let content: string;
  try {
    content = host.readFile(path);
  } catch (error) {
    throw dpctlError(`Opening file "${path}" failed`, error);
  }
  let told = "";
  for (const [i, whole] of content.split("\n").entries()) {
    const line = whole.replace(/#.*/, "").trim();
    if (line === "") continue;
    const m = /^(?:(add|modify|mod|delete|del)\s+)?(\S+)(?:\s+(.+))?$/.exec(line);
    const verb = m?.[1] ?? byDefault;
    try {
      if (verb === "delete" || verb === "del") {
        if (m === null) throw new UserError("");
        deleteFlow(dp, m[2]!);
      } else if (m?.[3] === undefined) {
        told += `ovs-vswitchd: Failed parsing line number ${i + 1}, skipped!\n`;
      } else putFlow(host, dp, m[2]!, m[3], verb === "add" ? "add" : "modify");
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      told += `${error.message}\n`;
    }
  }
  return told;
}

/** What `dpctl/dump-flows` shows: flows, and whether the line that tells of their thread stands above them. */
type DumpedFlows = {
  readonly flows: readonly ShownFlow[];
  readonly heading: boolean;
  readonly more: boolean;
  /** The core of the thread; null for the main one. */
  readonly core: number | null;
};

/** Flows that are to be shown as data, or as text, which needs no data; there may be very many. */
interface FlowDump {
  readonly flows: () => Iterable<DumpedFlow>;
  readonly texts: FlowTexts;
  readonly now: number;
  readonly hasHeading: boolean;
  readonly more: boolean;
  readonly core: number | null;
}

const dumps = new WeakMap<object, FlowDump>();

/** The data of a dump, made where somebody looks at it. */
function dataOf(dump: FlowDump): DumpedFlows {
  const { texts, now, more, core } = dump;
  let made: ShownFlow[] | undefined;
  const flows = (): ShownFlow[] => (made ??= Array.from(dump.flows(), (flow) => showFlow(flow, now, texts)));
  const data: DumpedFlows = {
    get flows() {
      return flows();
    },
    get heading() {
      return dump.hasHeading && flows().length > 0;
    },
    more,
    core,
  };
  dumps.set(data, dump);
  return data;
}

/** Lines that are joined at a time: pieces of text that wait for long are expensive to keep. */
const JOINED = 128;

function formatDump({ flows, texts, now, hasHeading, more, core }: FlowDump): string {
  const blocks: string[] = [];
  let lines: string[] = [];
  for (const flow of flows()) {
    lines.push(formatFlow(flow, now, texts, more));
    if (lines.length < JOINED) continue;
    blocks.push(lines.join(""));
    lines = [];
  }
  const text = blocks.join("") + lines.join("");
  const thread = core === null ? "the main thread:" : `pmd on cpu core: ${core}`;
  return hasHeading && text !== "" ? `flow-dump from ${thread}\n${text}` : text;
}

/** Every thread has all flows; they are shown as those of the first one. */
function firstCore(dp: Datapath): number | null {
  return dp instanceof UserspaceDatapath ? (dp.engine.threads()[0]?.core ?? null) : null;
}

function hasThread(dp: Datapath, pmd: string): boolean {
  const threads = dp instanceof UserspaceDatapath ? dp.engine.threads() : [];
  return MAIN_THREAD.has(pmd) ? firstCore(dp) === null : threads.some(({ core }) => core === Number(pmd));
}

function dumpFlows(host: DpctlHost, args: readonly string[]): DumpedFlows {
  const { more, names, rest } = takeOptions(args);
  let filter: string | undefined;
  let types: string[] | undefined;
  let pmd: string | undefined;
  let name: string | undefined;
  // Alone in front of what tells flows apart stands a datapath; among several, what is none is passed over, as upstream.
  const choosing = /^(filter|type|pmd)=/;
  const others = rest.findLastIndex((arg) => !choosing.test(arg)) + 1;
  for (const arg of rest) {
    if (arg.startsWith("filter=")) filter = arg.slice(7);
    else if (arg.startsWith("type=")) types = arg.slice(5).split(",");
    else if (arg.startsWith("pmd=")) pmd = arg.slice(4);
    else if (others === 1 || isDatapath(host, arg)) name ??= arg;
  }
  const dp = chooseDatapath(host, name);
  const unknown = types?.find((t) => !FLOW_TYPES.has(t));
  if (unknown !== undefined) throw dpctlError(`Failed to parse type (${unknown})`, "EINVAL");
  if (pmd !== undefined && !/^-?\d+$/.test(pmd)) throw dpctlError(`Invalid pmd core id ${pmd}`);
  const layers = new Set(types?.flatMap((type) => FLOW_TYPES.get(type)!) ?? ALL);
  if (layers.size === 0 || (pmd !== undefined && !hasThread(dp, pmd))) {
    return dataOf({
      flows: () => [],
      texts: textsOf(dp, { verbose: more, names: false }),
      now: 0,
      hasHeading: false,
      more,
      core: null,
    });
  }
  const wanted = filter ? parseFilter(host, dp, filter) : undefined;
  const now = host.clock.now();
  const isShown = (flow: DumpedFlow): boolean =>
    layers.has(layerOf(flow)) && (wanted === undefined || matchesOverlap(wanted, flow));
  return dataOf({
    *flows() {
      for (const flow of dp.passingFlows?.() ?? dp.flows()) if (isShown(flow)) yield flow;
    },
    texts: textsOf(dp, { verbose: more, names: names ?? more }),
    now,
    hasHeading: pmd === undefined,
    more,
    core: firstCore(dp),
  });
}

function parseFilter(host: DpctlHost, dp: Datapath, text: string): Match {
  try {
    return host.parseFilter(text, (name) => dp.portByName(name)?.number);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw dpctlError(`Failed to parse filter (${text}: ${error.message})`);
  }
}

/** Commands on flows. */
export function dpctlFlowCommands(host: DpctlHost): AppctlCommand[] {
  const put = (name: string, mode: PutMode): AppctlCommand => ({
    name: `dpctl/${name}-flow`,
    usage: "[dp] flow actions",
    minArgs: 2,
    maxArgs: 3,
    run: (args) => {
      const [dp, [flow, actions]] = datapathFirst(host, takeOptions(args).rest, 2);
      putFlow(host, dp, flow ?? "", actions ?? "", mode);
      return "";
    },
  });
  const putMany = (name: string, mode: PutMode): AppctlCommand => ({
    name: `dpctl/${name}-flows`,
    usage: "[dp] file",
    minArgs: 1,
    maxArgs: 2,
    run: (args) => {
      const [dp, [path]] = datapathFirst(host, takeOptions(args).rest, 1);
      return flowsFromFile(host, dp, path ?? "", mode);
    },
  });
  return [
    {
      name: "dpctl/dump-flows",
      usage: "[-m] [--names] [dp] [filter=..] [type=..] [pmd=..]",
      minArgs: 0,
      maxArgs: 6,
      run: (args) => dumpFlows(host, args),
      text: (data) => formatDump(dumps.get(data as object)!),
    },
    put("add", "add"),
    put("mod", "modify"),
    {
      name: "dpctl/get-flow",
      usage: "[dp] ufid",
      minArgs: 1,
      maxArgs: 2,
      run: (args) => {
        const { more, names, rest } = takeOptions(args);
        const [dp, [text]] = datapathFirst(host, rest, 1);
        // Upstream only says so, and succeeds.
        if (!/^ufid:/.test(text ?? "")) return `${dpctlError("parsing flow ufid").message}\n`;
        const flow = dp.flow(splitUfid(text ?? "").ufid!);
        if (flow === undefined) throw dpctlError("getting flow", "ENOENT");
        const shown = showFlow(flow, host.clock.now(), textsOf(dp, { verbose: more, names: names ?? more }));
        return { ...shown, more };
      },
      text: (flow) => {
        if (typeof flow === "string") return flow;
        const { more, ...shown } = flow as ShownFlow & { readonly more: boolean };
        return `${formatShown(shown, more)}\n`;
      },
    },
    {
      name: "dpctl/del-flow",
      usage: "[dp] flow",
      minArgs: 1,
      maxArgs: 2,
      run: (args) => {
        const [dp, [flow]] = datapathFirst(host, takeOptions(args).rest, 1);
        deleteFlow(dp, flow ?? "");
        return "";
      },
    },
    putMany("add", "add"),
    putMany("mod", "modify"),
    {
      name: "dpctl/del-flows",
      usage: "[dp] [file]",
      minArgs: 0,
      maxArgs: 2,
      run: (args) => {
        const [first, second] = takeOptions(args).rest;
        const isFile = second === undefined && first !== undefined && !isDatapath(host, first);
        const dp = chooseDatapath(host, isFile ? undefined : first);
        const path = isFile ? first : second;
        if (path !== undefined) return flowsFromFile(host, dp, path, "delete");
        dp.flush();
        return "";
      },
    },
  ];
}

import fc from "fast-check";
import type { Action } from "#openflow/actions/action.js";
import { isInstruction } from "#openflow/actions/instructions.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { decodeMessage, encodeMessage } from "#openflow/messages/codec.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import type { FlowUpdate } from "#openflow/messages/flow/flow-monitor-reply.js";
import { ALL_TABLES, ANY_GROUP } from "#openflow/messages/flow/flow-parts.js";
import type { FlowStats } from "#openflow/messages/flow/flow-stats.js";
import type { Body } from "#openflow/messages/table.js";
import { OFPP } from "#openflow/port-number.js";
import { type Protocol, protocols } from "#openflow/protocol.js";
import { OF10, OF12, OF13, OF14, type Version } from "#openflow/version.js";
import { actionTexts } from "../openflow-action-texts.js";
import { matchTexts } from "../openflow-match-texts.js";
import type { Difference, MessageFamily, Sample } from "./harness.js";

const u64 = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(0n, 1n, 2n ** 64n - 1n));
const u32 = fc.nat({ max: 0xffffffff });
const u16 = fc.oneof(fc.nat({ max: 0xffff }), fc.constantFrom(0, 0x8000, 0xffff));
const u8 = fc.nat({ max: 0xff });
const port = fc.oneof(fc.constant(OFPP.none), fc.nat({ max: 0xfeff }), fc.constantFrom(OFPP.local, OFPP.controller));
const group = fc.oneof(fc.constant(ANY_GROUP), u32);

/** Flows whose match and actions the protocol has, from the texts that are compared elsewhere. */
function flowsOf(protocol: Protocol): FlowMod[] {
  const texts = [
    ...matchTexts.map((text) => `${text},actions=2`),
    ...actionTexts.map((text) => {
      const bar = text.indexOf("|");
      return bar < 0 ? `actions=${text}` : `${text.slice(0, bar)},actions=${text.slice(bar + 1)}`;
    }),
  ];
  return texts.flatMap((text): FlowMod[] => {
    // Upstream writes this, and does not read it again.
    if (text.endsWith("->in_port_oxm")) return [];
    try {
      const { flowMod, usable } = parseFlowMod(text, "add");
      if ((usable & protocol.bit) === 0) return [];
      decodeMessage(encodeMessage(flowMod, protocol.version, 1, { protocol }));
      return [flowMod];
    } catch {
      return [];
    }
  });
}

const isGoto = (action: Action): boolean => action.kind === "goto_table" || action.kind === "resubmit";

const cookie = fc.tuple(u64, u64).map(([value, mask]) => ({ cookie: value & mask, cookieMask: mask }));

function flowMod(protocol: Protocol, flows: fc.Arbitrary<FlowMod>): fc.Arbitrary<Sample> {
  const { version } = protocol;
  const commands = ["add", "modify", "modify_strict", "delete", "delete_strict"] as const;
  const said = fc.record({
    command: fc.constantFrom(...commands),
    table: version === OF10 ? u8 : fc.nat({ max: 254 }),
    newCookie: fc.oneof(
      u64.filter((c) => c !== 2n ** 64n - 1n),
      fc.constant(undefined),
    ),
    cookies: cookie,
    priority: u16,
    idleTimeout: u16,
    hardTimeout: u16,
    importance: u16,
    bufferId: fc.oneof(fc.constant(0xffffffff), u32),
    outPort: port,
    outGroup: group,
    flags: fc.nat({ max: version < OF12 ? 3 : version < OF13 ? 7 : 31 }),
  });
  return fc.tuple(flows, said).map(([flow, { cookies, ...rest }]) => {
    const mayMatchCookie = rest.command !== "add" && (version !== OF10 || protocol.nxm);
    const body: FlowMod = {
      ...flow,
      ...rest,
      ...(mayMatchCookie ? cookies : { cookie: 0n, cookieMask: 0n }),
      table: flow.actions.some(isGoto) ? 0 : rest.table,
      importance: rest.command === "add" ? rest.importance : 0,
    };
    return { body, protocol };
  });
}

const duration = { durationSec: u32, durationNsec: fc.oneof(fc.nat({ max: 999_999_999 }), fc.constant(5_000_000)) };
const timeouts = { idleTimeout: u16, hardTimeout: u16 };

function flowStats(version: Version, flows: fc.Arbitrary<FlowMod>): fc.Arbitrary<FlowStats> {
  const age = fc.oneof(fc.constant(undefined), fc.nat({ max: 0xfffe }));
  const said = fc.record({
    ...duration,
    ...timeouts,
    priority: u16,
    table: u8,
    cookie: u64,
    idleAge: age,
    hardAge: age,
    packets: u64,
    bytes: u64,
    importance: version >= OF14 ? u16 : fc.constant(0),
    flags: version >= OF13 ? fc.nat({ max: 31 }) : fc.constant(0),
  });
  return fc.tuple(flows, said).map(([{ match, actions }, rest]) => ({ match, actions, ...rest }));
}

const removed = (protocol: Protocol, flows: fc.Arbitrary<FlowMod>): fc.Arbitrary<Sample> =>
  fc
    .tuple(
      flows,
      fc.record({
        ...duration,
        ...timeouts,
        priority: u16,
        cookie: u64,
        reason: fc.nat({ max: 7 }),
        table: u8,
        packets: u64,
        bytes: u64,
      }),
    )
    .map(([{ match }, rest]) => ({ body: { kind: "flow_removed", match, ...rest }, protocol }));

function selection(protocol: Protocol, flows: fc.Arbitrary<FlowMod>): fc.Arbitrary<Sample> {
  const said = fc.record({
    kind: fc.constantFrom("flow_stats_request" as const, "aggregate_request" as const),
    table: fc.oneof(u8, fc.constant(ALL_TABLES)),
    outPort: port,
    outGroup: protocol.version === OF10 ? fc.constant(ANY_GROUP) : group,
    cookies: cookie,
  });
  const hasCookie = protocol.version !== OF10 || protocol.nxm;
  return fc.tuple(flows, said).map(([{ match }, { cookies, ...rest }]) => ({
    body: { ...rest, match, ...(hasCookie ? cookies : { cookie: 0n, cookieMask: 0n }) } as Body,
    protocol,
  }));
}

const monitors = (version: Version, flows: fc.Arbitrary<FlowMod>): fc.Arbitrary<Sample> =>
  fc
    .array(
      fc
        .tuple(
          flows,
          fc.record({
            id: u32,
            command: fc.constantFrom(
              ...(version >= OF14 ? (["add", "modify", "delete"] as const) : (["add"] as const)),
            ),
            flags: fc.nat({ max: 63 }).filter((flags) => (flags & 14) !== 0),
            table: u8,
            outPort: port,
            outGroup: version >= OF14 ? group : fc.constant(ANY_GROUP),
          }),
        )
        .map(([{ match }, rest]) => ({ match, ...rest })),
      { maxLength: 3 },
    )
    .map((list) => ({ body: { kind: "flow_monitor_request", monitors: list } }));

function updates(version: Version, flows: fc.Arbitrary<FlowMod>): fc.Arbitrary<Sample> {
  const events = ["added", "deleted", "modified"] as const;
  const change = fc
    .tuple(
      flows.filter((flow) => version >= OF13 || !flow.actions.some(isInstruction)),
      fc.record({
        event: fc.constantFrom(...(version >= OF14 ? (["initial", ...events] as const) : events)),
        reason: u8,
        table: u8,
        priority: u16,
        ...timeouts,
        cookie: u64,
      }),
    )
    .map(([{ match, actions }, rest]): FlowUpdate => ({ match, actions, ...rest }));
  const short: fc.Arbitrary<FlowUpdate>[] = [u32.map((xid) => ({ event: "abbrev", xid }))];
  if (version >= OF14) short.push(fc.constantFrom<FlowUpdate>({ event: "paused" }, { event: "resumed" }));
  const update = fc.oneof({ weight: 4, arbitrary: change }, ...short.map((arbitrary) => ({ weight: 1, arbitrary })));
  return fc.array(update, { maxLength: 4 }).map((list) => ({ body: { kind: "flow_monitor_reply", updates: list } }));
}

function small(version: Version): fc.Arbitrary<Sample>[] {
  const tableId = fc.boolean().map((enable) => ({ body: { kind: "flow_mod_table_id" as const, enable } }));
  const bare = (...kinds: readonly string[]): fc.Arbitrary<Sample> =>
    fc.constantFrom(...kinds).map((kind) => ({ body: { kind } as Body }));
  const cancel = u32.map((id) => ({ body: { kind: "flow_monitor_cancel" as const, id } }));
  const format = fc.constantFrom(0, 1, 2).map((n) => ({ body: { kind: "set_flow_format" as const, format: n } }));
  const monitoring = version <= OF13 ? [cancel, bare("flow_monitor_paused", "flow_monitor_resumed")] : [];
  return [tableId, bare("flow_age"), ...monitoring, ...(version === OF10 ? [format] : [])];
}

const aggregate = (protocol: Protocol): fc.Arbitrary<Sample> =>
  fc
    .record({ kind: fc.constant("aggregate_reply" as const), packets: u64, bytes: u64, flows: u32 })
    .map((body) => ({ body, protocol }));

function samplesOf(protocol: Protocol): fc.Arbitrary<Sample>[] {
  const { version } = protocol;
  const flows = fc.constantFrom(...flowsOf(protocol));
  const stats = fc
    .array(flowStats(version, flows), { maxLength: 4 })
    .map((list) => ({ body: { kind: "flow_stats_reply" as const, flows: list }, protocol }));
  return [
    flowMod(protocol, flows),
    flowMod(protocol, flows),
    stats,
    stats,
    removed(protocol, flows),
    selection(protocol, flows),
    aggregate(protocol),
  ];
}

/** What ours does not log: which part of a match or an action is at fault. */
const unlogged = /^log (ofp_actions|ofp_port|nx_match|meta_flow|ofp_flow|ofp_match|tun_metadata)\|.*\n/gm;

/** The fault of an action or a match, of which there may be several, and which have tests of their own. */
const innerFault = /decode error: (OFPBAC|OFPBMC|OFPBIC|NXBAC)_/;

/** Actions that upstream takes as they come where a switch tells of flows. */
const unchecked = ({ real, ours }: Difference): boolean =>
  /(learn|bundle|bundle_load|ct|encap)\(|set_field:/.test(real + ours) && /decode error: OFPBAC_/.test(real + ours);

/** What is no error of OpenFlow upstream, in OpenFlow 1.5's statistics, is one here. */
const differs = (difference: Difference): boolean => {
  const { real, ours } = difference;
  return (
    real.includes("<invalid>") ||
    real.replace(unlogged, "") === ours.replace(unlogged, "") ||
    (innerFault.test(real) && innerFault.test(ours)) ||
    unchecked(difference)
  );
};

/** Messages about flows. Matches and actions are those of the texts that are compared as text. */
export const flowFamily: MessageFamily = {
  name: "flow",
  samples: (version) => {
    const spoken = protocols.filter((p) => p.version === version && (version !== OF10 || p.tableId));
    const last = spoken.at(-1)!;
    const flows = fc.constantFrom(...flowsOf(last));
    return [...spoken.flatMap(samplesOf), monitors(version, flows), updates(version, flows), ...small(version)];
  },
  differs,
};

import { describe, expect, it } from "vitest";
import { newMatch } from "#flow/match.js";
import { hex, unhex } from "#util/hex.js";
import { parseFlowMod } from "../../flow-text.js";
import { OFPP } from "../../port-number.js";
import { type Protocol, protocols } from "../../protocol.js";
import { OF10, OF11, OF13, OF14, OF15, type Version } from "../../version.js";
import { decodeMessage, encodeMessage, encodeMessages } from "../codec.js";
import { formatMessageBytes } from "../print.js";
import type { FlowMod } from "./flow-mod.js";
import { ALL_TABLES, ANY_GROUP } from "./flow-parts.js";
import { type FlowStats, formatFlowStats } from "./flow-stats.js";

const protocol = (name: string): Protocol => protocols.find((p) => p.name === name)!;
const print = (text: string, verbosity = 0): string => formatMessageBytes(unhex(text)!, { verbosity }).trimEnd();
const sent = (text: string, command: FlowMod["command"], name: string): string => {
  const p = protocol(name);
  return hex(encodeMessage(parseFlowMod(text, command).flowMod, p.version, 2, { protocol: p }));
};

// What the installed ovs-ofctl sends.
const flowMods: readonly (readonly [text: string, command: FlowMod["command"], protocol: string, bytes: string])[] = [
  [
    "cookie=5,importance=3,actions=",
    "add",
    "OXM-OpenFlow13",
    "040e00380000000200000000000000050000000000000000000000000000" +
      "8000ffffffffffffffffffffffff000000000001000400000000",
  ],
  [
    "table=2",
    "delete",
    "OpenFlow10+table_id",
    "010e004800000002003820ff0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" +
      "02030000000080" +
      "00ffffffffffff0000",
  ],
  [
    "cookie=5/7,cookie=6,actions=1",
    "modify",
    "NXM-table_id",
    "0104005000000002000023200000000d00000000000000060001000000008000ffffffffffff0000001400000000000000013d10" +
      "00000000000000050000000000000007000000000000000800010000",
  ],
  [
    "",
    "delete",
    "OXM-OpenFlow12",
    "030e00380000000200000000000000000000000000000000ff03000000008000ffffffffffffffffffffffff000000000001000400000000",
  ],
];

describe("flow mods", () => {
  it.each(flowMods)("%s (%s) goes by %s as upstream sends it", (text, command, name, bytes) => {
    expect(sent(text, command, name)).toBe(bytes);
  });

  it("of the standard since OpenFlow 1.2 have the new cookie of additions only", () => {
    const change = parseFlowMod("cookie=5,actions=1", "modify").flowMod;
    const again = (version: Version): FlowMod => decodeMessage(encodeMessage(change, version, 1)).body as FlowMod;
    expect(again(OF11).newCookie).toBe(5n);
    expect(again(OF13).newCookie).toBe(undefined);
  });

  it("of exact matches in OpenFlow 1.0 have the highest priority", () => {
    const bytes =
      "010e0048000000010000000000010101010101010202020202020005030008000406000" +
      "00a0000010a000002005000510000000000000000";
    expect(print(`${bytes}${"0000000000000003ffffffffffff0000"}`)).toBe(
      "OFPT_FLOW_MOD (xid=0x1): ADD priority=65535,tcp,in_port=1,dl_vlan=5,dl_vlan_pcp=3,dl_src=01:01:01:01:01:01," +
        "dl_dst=02:02:02:02:02:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=4,tp_src=80,tp_dst=81 actions=drop",
    );
  });

  it("show their bytes at verbosity 3", () => {
    const bytes = sent("tcp,priority=3,actions=1", "add", "NXM-table_id");
    expect(print(bytes, 3)).toBe(
      "NXT_FLOW_MOD (xid=0x2): ADD NXM_OF_ETH_TYPE(0800), NXM_OF_IP_PROTO(06) pri:3 actions=output:1",
    );
    expect(print(sent("tcp,actions=1", "add", "OpenFlow10-table_id"), 3)).toContain("ADD tcp,in_port=*,dl_vlan=*,");
  });

  const refused: readonly (readonly [what: string, at: number, value: number, error: string])[] = [
    ["command", 25, 7, "OFPFMFC_BAD_COMMAND"],
    ["table 255 of an addition", 24, 255, "OFPFMFC_BAD_TABLE_ID"],
    ["a flag", 44, 0x80, "OFPFMFC_BAD_FLAGS"],
    ["out_port", 37, 1, "OFPBAC_BAD_OUT_PORT"],
    ["the match's type", 49, 9, "OFPBMC_BAD_TYPE"],
  ];
  it.each(refused)("are refused for %s", (_what, at, value, error) => {
    const bytes = unhex(sent("actions=1", "add", "OXM-OpenFlow13"))!;
    bytes[at] = value;
    expect(() => decodeMessage(bytes)).toThrow(error);
  });

  it("of emergencies are refused, in one way or the other", () => {
    const bytes = unhex(sent("actions=1", "add", "OpenFlow10-table_id"))!;
    bytes[71] = 4;
    expect(() => decodeMessage(bytes)).toThrow("OFPFMFC_TABLE_FULL");
    bytes[59] = 1;
    expect(() => decodeMessage(bytes)).toThrow("OFPFMFC_BAD_EMERG_TIMEOUT");
  });

  it("tell of matches that are not in normal form", () => {
    const log: string[] = [];
    const bytes = unhex(`${sent("actions=1", "add", "OpenFlow10-table_id")}`)!;
    // tp_src is 5, and matters.
    bytes[11] = bytes[11]! & ~0x40;
    bytes[45] = 5;
    const { body } = decodeMessage(bytes, (module, text) => log.push(`${module}|${text}`));
    expect(log).toEqual([
      "ofp_match|normalization changed ofp_match, details:",
      "ofp_match| pre: tp_src=5",
      "ofp_match|post: ",
    ]);
    expect((body as FlowMod).match).toEqual(newMatch());
  });
});

const flow: FlowStats = {
  ...parseFlowMod("tcp,in_port=1,priority=9,actions=2", "add").flowMod,
  table: 3,
  cookie: 0x1234n,
  durationSec: 5,
  durationNsec: 1_000_000,
  idleTimeout: 30,
  hardTimeout: 60,
  idleAge: undefined,
  hardAge: undefined,
  packets: 3n,
  bytes: 4n,
  importance: 7,
  flags: 1,
};

describe("flow statistics", () => {
  it("of OpenFlow 1.5 are printed as upstream does", () => {
    const reply =
      "0613009000000001000100000000000000800000030000" +
      "09001e003c00010007000000000000123400010017800000040000000180000a02080080001401060000000034800200080000000009b72ec0" +
      "80020208000000000000000080020808000000000000000080020a08000000000000000000000000000400180000000000000010000000020000000000000000";
    expect(print(reply)).toBe(
      "OFPST_FLOW reply (OF1.5) (xid=0x1):\n cookie=0x1234, duration=0.163s, table=3, n_packets=0, n_bytes=0, " +
        "idle_timeout=30, hard_timeout=60, send_flow_rem importance=7, idle_age=0, priority=9,tcp,in_port=1 actions=output:2",
    );
    const { body, flags } = decodeMessage(unhex(reply)!);
    expect(hex(encodeMessage(body, OF15, 1, { flags }))).toBe(reply);
  });

  it("are cut into messages that fit", () => {
    const flows = Array.from({ length: 1000 }, () => flow);
    const messages = encodeMessages({ kind: "flow_stats_reply", flows }, OF13, 1);
    expect(messages.map((m) => decodeMessage(m).flags)).toEqual([1, 0]);
    const found = messages
      .map((m) => decodeMessage(m).body)
      .flatMap((b) => (b.kind === "flow_stats_reply" ? b.flows : []));
    expect(found.length).toBe(1000);
  });

  it("print what was read before an entry that is at fault", () => {
    const bytes = encodeMessage({ kind: "flow_stats_reply", flows: [flow] }, OF13, 1);
    const longer = new Uint8Array(bytes.length + 3);
    longer.set(bytes);
    longer[3] = longer.length;
    const text = formatMessageBytes(longer).split("\n");
    expect(text[1]).toMatch(/^ cookie=0x1234, /);
    expect(text[2]).toBe("***decode error: OFPBRC_BAD_LEN***");
  });

  it("can leave out what changes by itself", () => {
    const text = formatFlowStats({ ...flow, idleAge: 3, hardAge: 4 }, { stats: false });
    expect(text).toBe(
      " cookie=0x1234, table=3, idle_timeout=30, hard_timeout=60, send_flow_rem importance=7, priority=9,tcp,in_port=1 actions=output:2",
    );
    expect(formatFlowStats({ ...flow, cookie: 0n, table: 0, flags: 0, importance: 0 }, { stats: false })).toBe(
      " idle_timeout=30, hard_timeout=60, priority=9,tcp,in_port=1 actions=output:2",
    );
  });

  it("have names where there are any", () => {
    const names = { portName: (port: number) => `p${port}`, tableName: (table: number) => `t${table}` };
    expect(formatFlowStats(flow, { ...names, stats: false })).toContain("table=t3,");
    expect(formatFlowStats(flow, { ...names, stats: false })).toContain("in_port=p1 actions=output:p2");
  });

  const durations: readonly (readonly [number, string])[] = [
    [0, "5s"],
    [1_000_000, "5.001s"],
    [120_000_000, "5.120s"],
    [123_456_700, "5.1234567s"],
    [1, "5.000000001s"],
  ];
  it.each(durations)("write %i nanoseconds beyond 5 seconds as %s", (durationNsec, text) => {
    expect(formatFlowStats({ ...flow, durationNsec })).toContain(`duration=${text},`);
  });

  it("hide an age that says nothing", () => {
    expect(formatFlowStats({ ...flow, hardAge: 5, idleAge: 0 })).toContain(" idle_age=0, priority=");
    expect(formatFlowStats({ ...flow, hardAge: 4 })).toContain("hard_age=4, ");
  });
});

describe("monitors", () => {
  const monitor = {
    id: 7,
    command: "add",
    table: ALL_TABLES,
    outPort: OFPP.none,
    outGroup: ANY_GROUP,
    match: newMatch(),
  } as const;

  it("have the bits of their version", () => {
    const body = { kind: "flow_monitor_request", monitors: [{ ...monitor, flags: 63 }] } as const;
    expect(hex(encodeMessage(body, OF14, 2))).toBe(
      "05120028000000020010000000000000" + "00000007ffffffffffffffff005fff000001000400000000",
    );
    expect(hex(encodeMessage(body, OF13, 2))).toBe(
      "0412003000000002ffff0000000000004f4e46000000074e" + "00000007003f0004ffffffffff0000000001000400000000",
    );
    expect(hex(encodeMessage(body, OF10, 2))).toBe(
      "0110002800000002ffff0000000023200000000200000000" + "00000007003fffff0000ff0000000000",
    );
  });

  it("must watch something", () => {
    const bytes = encodeMessage({ kind: "flow_monitor_request", monitors: [{ ...monitor, flags: 1 }] }, OF14, 2);
    const log: string[] = [];
    expect(() => decodeMessage(bytes, (_module, text) => log.push(text))).toThrow("OFPMOFC_BAD_FLAGS");
    expect(log).toEqual(["OFPST_FLOW_MONITOR has bad flags 0x1"]);
  });

  it("are told of changes, and of pauses since OpenFlow 1.4", () => {
    const change = { ...flow, event: "deleted", reason: 2 } as const;
    const updates = [change, { event: "abbrev", xid: 9 }, { event: "paused" }, { event: "resumed" }] as const;
    const bytes = encodeMessage({ kind: "flow_monitor_reply", updates }, OF14, 0);
    expect(formatMessageBytes(bytes)).toBe(
      "OFPST_FLOW_MONITOR reply (OF1.4) (xid=0x0):\n" +
        " event=DELETED reason=delete table=3 idle_timeout=30 hard_timeout=60 cookie=0x1234 tcp,in_port=1 actions=output:2\n" +
        " event=ABBREV xid=0x9\n event=PAUSED\n event=RESUMED\n",
    );
  });
});

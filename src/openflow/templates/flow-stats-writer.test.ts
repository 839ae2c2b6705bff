import { describe, expect, it } from "vitest";
import { parseFlowMod } from "../flow-text.js";
import { decodeMessage, encodeMessage } from "../messages/codec.js";
import type { FlowStats } from "../messages/flow/flow-stats.js";
import { OF12, OF13, OF14, type Version } from "../version.js";
import { FlowStatsWriter } from "./flow-stats-writer.js";

const texts = [
  "table=3,priority=7,tcp,nw_dst=10.0.0.0/8,tp_dst=80,actions=load:1->NXM_NX_REG0[],output:4",
  "idle_timeout=5,hard_timeout=9,in_port=2,actions=drop",
  "importance=4,send_flow_rem,dl_vlan=9,actions=strip_vlan,goto_table:9",
];

function statsOf(text: string, i: number): FlowStats {
  const mod = parseFlowMod(text, "add").flowMod;
  const { match, priority, table, idleTimeout, hardTimeout, importance, flags, actions } = mod;
  const counts = {
    packets: BigInt(i) * 5_000_000_007n,
    bytes: 2n ** 52n + BigInt(i),
    cookie: (0x80000001n << 32n) | 5n,
  };
  const times = { durationSec: 4_000_000_000, durationNsec: 999_000_000, idleAge: undefined, hardAge: undefined };
  return { match, priority, table, idleTimeout, hardTimeout, importance, flags, actions, ...counts, ...times };
}

/** Match and instructions as an addition has them. */
const wireOf = (text: string, version: Version): Uint8Array =>
  encodeMessage(parseFlowMod(text, "add").flowMod, version, 0).subarray(48);

describe("a writer of flow statistics", () => {
  it.each<Version>([OF12, OF13, OF14])("writes what the codec writes, in version %i", (version) => {
    for (const [i, text] of texts.entries()) {
      const flow = statsOf(text, i + 1);
      const writer = new FlowStatsWriter(version, 77);
      const { table: tableId, packets, bytes } = flow;
      const figures = { ...flow, tableId, packets: Number(packets), bytes: Number(bytes) };
      const halves = { cookieHigh: 0x80000001 | 0, cookieLow: 5 };
      writer.add({ ...figures, ...halves }, wireOf(text, version), flow.durationSec, flow.durationNsec);
      const wanted = encodeMessage({ kind: "flow_stats_reply", flows: [flow] }, version, 77);
      expect(writer.done().map((m) => Buffer.from(m).toString("hex"))).toEqual([Buffer.from(wanted).toString("hex")]);
    }
  });

  it("begins another message where one is full, and says so", () => {
    const writer = new FlowStatsWriter(OF14, 1);
    const wire = wireOf(texts[0]!, OF14);
    const figures = { tableId: 0, priority: 1, idleTimeout: 0, hardTimeout: 0, importance: 0, flags: 0 };
    const counts = { cookieHigh: 0, cookieLow: 0, packets: 0, bytes: 0 };
    for (let i = 0; i < 1000; i++) {
      if (i % 100 === 0) writer.addOther(statsOf(texts[1]!, i));
      else writer.add({ ...figures, ...counts }, wire, i, 0);
    }
    const messages = writer.done().map((m) => decodeMessage(m));
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.map((m) => m.flags)).toEqual([...Array(messages.length - 1).fill(1), 0]);
    const flows = messages.flatMap((m) => (m.body.kind === "flow_stats_reply" ? m.body.flows : []));
    expect(flows.map((f) => f.durationSec)).toEqual(
      Array.from({ length: 1000 }, (_, i) => (i % 100 === 0 ? 4_000_000_000 : i)),
    );
  });

  it("writes a reply without flows", () => {
    const [message] = new FlowStatsWriter(OF13, 5).done();
    expect(decodeMessage(message!).body).toEqual({ kind: "flow_stats_reply", flows: [] });
  });
});

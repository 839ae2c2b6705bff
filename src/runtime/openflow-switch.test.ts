import { describe, expect, it } from "vitest";
import { newMatch } from "#flow/match.js";
import { settle } from "#host/fake/clock.js";
import { createFakeHost } from "#host/fake/host.js";
import { fakeStreamPair } from "#host/fake/streams.js";
import { encodeErrorReply } from "#openflow/error-message.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { readHeader } from "#openflow/header.js";
import { decodeMessage, encodeMessage, encodeMessages } from "#openflow/messages/codec.js";
import type { FlowStats } from "#openflow/messages/flow/flow-stats.js";
import type { Message } from "#openflow/messages/message.js";
import { formatMessage } from "#openflow/messages/print.js";
import type { Body } from "#openflow/messages/table.js";
import type { Version } from "#openflow/version.js";
import { OpenFlowClient, OpenFlowRefusal } from "./openflow-client.js";
import { OpenFlowConnection } from "./openflow-connection.js";
import { OpenFlowSwitch } from "./openflow-switch.js";
import { recordingLog } from "./recording-log.js";

/** A switch of this version that answers with bodies, an error's name, or nothing. */
async function setup(version: Version, answer: (message: Message) => Body | "refuse" | undefined) {
  const [ours, theirs] = fakeStreamPair();
  const log = recordingLog("info");
  const got: string[] = [];
  const peer = new OpenFlowConnection(theirs, log, { versions: 1 << version }).start({
    onMessage(bytes) {
      const message = decodeMessage(bytes);
      got.push(formatMessage(message).replace(/ \(OF1.\d\)| \(xid=\w+\)/g, ""));
      const { xid } = readHeader(bytes);
      const reply = message.body.kind === "barrier_request" ? ({ kind: "barrier_reply" } as const) : answer(message);
      if (reply === "refuse") peer.send(encodeErrorReply("OFPBRC_BAD_VENDOR", version, bytes));
      else if (reply) for (const part of encodeMessages(reply, version, xid)) peer.send(part);
    },
  });
  const client = await OpenFlowClient.over(createFakeHost(), log, ours);
  return { sw: new OpenFlowSwitch(client, log), peer, got, log };
}

const flow = (priority: number): FlowStats => ({
  ...{ match: newMatch(), priority, table: 0, cookie: 0n, durationSec: 1, durationNsec: 0 },
  ...{ idleTimeout: 0, hardTimeout: 0, idleAge: undefined, hardAge: undefined },
  ...{ packets: 0n, bytes: 0n, importance: 0, flags: 0, actions: [] },
});

describe("OpenFlowSwitch", () => {
  it("gives the reply that belongs to a request", async () => {
    const { sw } = await setup(5, () => ({
      kind: "get_config_reply",
      ...{ fragments: "drop", invalidTtlToController: false, missSendLength: 99 },
    }));
    const reply = await sw.request({ kind: "get_config_request" });
    expect([reply.kind, reply.fragments, reply.missSendLength]).toEqual(["get_config_reply", "drop", 99]);
    expect([sw.version, sw.protocol.name]).toEqual([5, "OXM-OpenFlow14"]);
  });

  it("gives the parts of a long reply", async () => {
    const flows = Array.from({ length: 3000 }, (_, i) => flow(i));
    const { sw } = await setup(4, () => ({ kind: "flow_stats_reply", flows }));
    const { match } = flows[0]!;
    const request = { kind: "flow_stats_request", table: 255, outPort: 0xffff, outGroup: 0xffffffff } as const;
    const parts: number[] = [];
    const priorities: number[] = [];
    for await (const reply of sw.replies({ ...request, cookie: 0n, cookieMask: 0n, match })) {
      parts.push(reply.flows.length);
      priorities.push(...reply.flows.map(({ priority }) => priority));
    }
    expect(parts.length).toBeGreaterThan(2);
    expect(priorities).toEqual(flows.map(({ priority }) => priority));
  });

  it("applies what a switch takes, and rejects with the first refusal", async () => {
    const flowMod = (text: string): Body => parseFlowMod(text, "add").flowMod;
    const { sw, got } = await setup(4, ({ body }) =>
      body.kind === "flow_mod" && body.priority === 7 ? "refuse" : undefined,
    );
    await sw.apply(flowMod("priority=1,actions=drop"), flowMod("priority=2,actions=drop"));
    const refused = sw.apply(flowMod("priority=7,actions=drop"), flowMod("priority=8,actions=drop"));
    await expect(refused).rejects.toBeInstanceOf(OpenFlowRefusal);
    await expect(refused).rejects.toMatchObject({ error: { error: "OFPBRC_BAD_VENDOR" } });
    expect(got).toEqual([
      "OFPT_FLOW_MOD: ADD priority=1 actions=drop",
      "OFPT_FLOW_MOD: ADD priority=2 actions=drop",
      "OFPT_BARRIER_REQUEST:",
      "OFPT_FLOW_MOD: ADD priority=7 actions=drop",
      "OFPT_FLOW_MOD: ADD priority=8 actions=drop",
      "OFPT_BARRIER_REQUEST:",
    ]);
  });

  it("says flows in Nicira's format on OpenFlow 1.0 once extended, where the switch knows it", async () => {
    const { flowMod } = parseFlowMod("table=1,reg0=1,actions=drop", "add");
    const { sw, got } = await setup(1, () => undefined);
    await sw.extend();
    expect(sw.protocol.name).toBe("NXM+table_id");
    sw.send(flowMod);
    await settle();
    expect(got).toEqual([
      "NXT_SET_FLOW_FORMAT: format=nxm",
      "NXT_FLOW_MOD_TABLE_ID: enable",
      "OFPT_BARRIER_REQUEST:",
      "NXT_FLOW_MOD: ADD table:1 reg0=0x1 actions=drop",
    ]);
    const stubborn = await setup(1, () => "refuse");
    await expect(stubborn.sw.extend()).rejects.toThrow("OFPBRC_BAD_VENDOR");
    expect(stubborn.sw.protocol.name).toBe("OpenFlow10-table_id");
  });

  it("gives what comes by itself, without what cannot be read", async () => {
    const { sw, peer, log } = await setup(4, () => "refuse");
    sw.send({ kind: "get_config_request" });
    peer.send(Uint8Array.from([4, 250, 0, 8, 0, 0, 0, 0]));
    peer.send(encodeMessage({ kind: "echo_reply", data: new Uint8Array(3) }, 4, 9));
    await settle();
    peer.close();
    const kinds: string[] = [];
    for await (const { body } of sw.messages()) kinds.push(body.kind);
    expect(kinds.sort()).toEqual(["echo_reply", "error"]);
    expect(log.lines).toEqual(["ofp_msgs|WARN|unknown OpenFlow message (version 4, type 250)"]);
    expect(sw.open).toBe(false);
  });
});

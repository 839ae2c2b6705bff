import { execFileSync } from "node:child_process";
import { createConnection, type Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseActions } from "#openflow/actions/parse.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { Framing } from "#openflow/framing.js";
import { encodeHello } from "#openflow/hello.js";
import { parseFlowMatch } from "#openflow/match-parse.js";
import { decodeMessage, encodeMessage } from "#openflow/messages/codec.js";
import { parseCtFlush } from "#openflow/messages/connection/ct-flush-parse.js";
import type { Message } from "#openflow/messages/message.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import type { Body } from "#openflow/messages/table.js";
import { OF13, OF15, type Version, versions } from "#openflow/version.js";
import { hex, unhex } from "#util/hex.js";
import { type DummySwitch, startDummySwitch } from "../support/dummy-switch.js";
import { eventually } from "../support/eventually.js";
import { describeWith, openVswitch } from "../support/needs.js";

const frame =
  "aabbccddeeff112233445566080045000028000000004006" + "66ce0a0000010a00000203e8005000000001000000025012006412340000";
const some = { PACKET_IN: 7, PORT_STATUS: 7, FLOW_REMOVED: 7, ROLE_STATUS: 0, TABLE_STATUS: 0, REQUESTFORWARD: 0 };
const CONTROLLER = 7;

/** A connection on which bytes are sent, and whole messages kept as they come. */
class Talk {
  readonly messages: Uint8Array[] = [];
  readonly #socket: Socket;
  readonly #version: Version;
  #xid = 0;

  constructor(path: string, version: Version) {
    const framing = new Framing();
    this.#version = version;
    this.#socket = createConnection(path);
    this.#socket.on("data", (chunk) => {
      framing.receive(Uint8Array.from(chunk));
      for (let m = framing.next(); m !== undefined; m = framing.next()) this.messages.push(m);
    });
    this.#socket.write(encodeHello(1 << version, 0));
  }

  /** Messages of a kind that have come. */
  of(kind: Body["kind"]): Message[] {
    return this.messages.map((m) => decodeMessage(m)).filter(({ body }) => body.kind === kind);
  }

  /** Sends messages, and waits until the switch has done with them. */
  async say(...bodies: readonly Body[]): Promise<void> {
    const before = this.of("barrier_reply").length;
    for (const body of [...bodies, { kind: "barrier_request" } as const]) {
      this.#socket.write(encodeMessage(body, this.#version, ++this.#xid));
    }
    await eventually(() => this.of("barrier_reply").length > before, "a barrier's reply");
  }

  end(): void {
    this.#socket.destroy();
  }
}

describeWith([openVswitch], "messages to and from the installed ovs-vswitchd", () => {
  let peer: DummySwitch;
  beforeAll(async () => {
    peer = await startDummySwitch();
  });
  afterAll(() => peer.stop());

  const requests = (version: Version): readonly Body[] => [
    { kind: "features_request" },
    { kind: "get_config_request" },
    { kind: "set_config", fragments: "normal", invalidTtlToController: false, missSendLength: 128 },
    { kind: "role_request", role: "equal" },
    { kind: "set_async", primary: some, secondary: some },
    ...(version >= OF13 ? [{ kind: "get_async_request" } as const] : []),
    { kind: "set_controller_id", id: CONTROLLER },
    { kind: "set_packet_in_format", format: "nxt_packet_in2" },
    { kind: "tlv_table_mod", command: "clear", mappings: [] },
    { kind: "tlv_table_mod", command: "add", mappings: [{ optionClass: 0xffff, optionType: 1, length: 4, index: 0 }] },
    { kind: "tlv_table_request" },
    { kind: "ct_flush_zone", zone: 3 },
    parseCtFlush(["zone=5", "ct_nw_src=10.0.0.1,ct_nw_proto=6"]),
    parseCtFlush(["ct_nw_proto=1,icmp_id=1"]),
    { kind: "desc_request" },
    {
      kind: "packet_out",
      bufferId: 0xffffffff,
      data: unhex(frame)!,
      match: parseFlowMatch(version === OF15 ? "in_port=1,reg0=5" : "in_port=1"),
      actions: parseActions("dec_ttl,output:1"),
    },
  ];

  it.each(versions)("version %i: it takes what ours writes, and ours writes what it sends", async (version) => {
    const talk = new Talk(peer.management, version);
    try {
      await talk.say(...requests(version));
      expect(talk.of("error")).toEqual([]);
      for (const bytes of talk.messages) {
        const { body, xid, flags, name } = decodeMessage(bytes);
        if (body.kind === "hello") continue;
        expect(`${name} ${hex(encodeMessage(body, version, xid, { flags }))}`).toBe(`${name} ${hex(bytes)}`);
        const real = execFileSync("/usr/bin/ovs-ofctl", ["ofp-print", hex(bytes), "2"], { timeout: 5000 }).toString();
        expect(formatMessageBytes(bytes, { verbosity: 2 })).toBe(real);
      }
    } finally {
      talk.end();
    }
  });

  it.each(versions)("version %i: a packet that was paused goes on when it is resumed", async (version) => {
    const talk = new Talk(peer.management, version);
    try {
      const { flowMod } = parseFlowMod(
        `priority=40000,in_port=1,actions=controller(pause,id=${CONTROLLER}),output:2`,
        "add",
      );
      await talk.say(...requests(version).slice(0, 8), flowMod);
      const before = peer.sent().length;
      await peer.call("netdev-dummy/receive", "p1", frame);
      await eventually(() => talk.of("packet_in").length === 1, "the packet");
      expect(peer.sent()).toHaveLength(before);
      const { body } = talk.of("packet_in")[0]!;
      if (body.kind !== "packet_in") throw new Error(body.kind);
      const { kind: _kind, format: _format, ...packet } = body;
      await talk.say({ kind: "resume", ...packet });
      await eventually(() => peer.sent().length > before, "the packet's end");
      expect(peer.sent().slice(before)).toEqual([frame]);
      expect(talk.of("error")).toEqual([]);
    } finally {
      talk.end();
    }
  });
});

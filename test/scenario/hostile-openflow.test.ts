import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseFlowMod } from "#openflow/flow-text.js";
import { makeMessage } from "#openflow/header.js";
import { BundleControlType } from "#openflow/messages/bundle/bundle-control.js";
import { encodeMessages } from "#openflow/messages/codec.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import type { Body } from "#openflow/messages/table.js";
import { OF13, OF14 } from "#openflow/version.js";
import { listeningLab, RawPeer, runOpenflow } from "../../fuzz/pipeline/openflow.js";
import type { Tally } from "../../fuzz/pipeline/tally.js";
import type { SwitchLab } from "./switch-lab.js";

const ECHO_REQUEST = 2;
const MULTIPART_REQUEST = 18;
/** Bytes that may wait for a peer that does not read. */
const MOST_WAITING = 4 << 20;

describe("hostile peers", () => {
  let lab: SwitchLab;

  beforeEach(async () => {
    lab = await listeningLab();
  });

  afterEach(async () => {
    lab.switches.close(true);
    await lab.clock.advanceAsync(1);
    expect(lab.clock.pending).toBe(0);
  });

  const say = (peer: RawPeer, body: Body, xid: number, flags = 0): void => {
    for (const bytes of encodeMessages(body, peer.version, xid, { flags })) peer.send(bytes);
  };

  const heard = (peer: RawPeer, xid: number): string[] =>
    (peer.heard.get(xid) ?? []).map((m) =>
      formatMessageBytes(m)
        .split("\n")[0]!
        .replace(/ \(xid=0x[0-9a-f]+\)/, ""),
    );

  const addition = (text: string): Body => parseFlowMod(text, "add").flowMod;

  it("do no harm, whatever they say", async () => {
    const tally: Tally = {};
    for (let seed = 1; seed <= 12; seed++) await runOpenflow(seed, tally);
    expect(tally["messages"]).toBeGreaterThan(3000);
    expect(tally["errors"]).toBeGreaterThan(1000);
    expect(tally["answered"]).toBeGreaterThan(300);
  }, 120_000);

  it("whose messages are of a version that nobody knows are told so in version 1.0's words", async () => {
    const peer = await RawPeer.open(lab, OF13);
    await lab.clock.advanceAsync(1);
    for (const [xid, version, type] of [
      [21, 0x63, 1],
      [22, 0x63, 3],
      [23, 0, 0],
      [24, 7, 0],
      [25, 0x63, 14],
    ] as const) {
      const bytes = makeMessage(OF13, type, xid, new Uint8Array(4));
      bytes[0] = version;
      peer.send(bytes);
    }
    expect(await peer.isServed(lab, 9)).toBe(true);
    expect(heard(peer, 25)).toEqual(["OFPT_ERROR: OFPBRC_BAD_VERSION"]);
  });

  it("that ask for echoes and do not read are not read any more", async () => {
    const peer = await RawPeer.open(lab, OF13);
    await lab.clock.advanceAsync(1);
    peer.stopReading();
    const echo = makeMessage(OF13, ECHO_REQUEST, 5, new Uint8Array(60_000));
    for (let i = 0; i < 400; i++) {
      peer.send(echo);
      if (i % 20 === 0) await lab.clock.advanceAsync(1);
    }
    await lab.clock.advanceAsync(5);
    expect(peer.stream.peer.pending()).toBeLessThan(MOST_WAITING);
    expect(await (await RawPeer.open(lab, OF13)).isServed(lab, 1)).toBe(true);
    peer.stream.peer.stall(false);
    expect(await peer.isServed(lab, 9)).toBe(true);
    expect(peer.heard.get(5)).toHaveLength(400);
  });

  it("that send parts of requests without end are refused", async () => {
    const peer = await RawPeer.open(lab, OF13);
    await lab.clock.advanceAsync(1);
    const tables = new Uint8Array(60_008);
    tables.set([0, 12, 0, 1]);
    for (let i = 0; i < 1000 && !peer.heard.has(6); i++) {
      peer.send(makeMessage(OF13, MULTIPART_REQUEST, 6, tables));
      if (i % 50 === 0) await lab.clock.advanceAsync(1);
    }
    await lab.clock.advanceAsync(1);
    expect(heard(peer, 6)[0]).toBe("OFPT_ERROR (OF1.3): OFPBRC_MULTIPART_BUFFER_OVERFLOW");
  });

  it("that open a thousand bundles get each its timeout, and the others their turn", async () => {
    const peer = await RawPeer.open(lab, OF14);
    const good = await RawPeer.open(lab, OF13);
    await lab.clock.advanceAsync(1);
    const before = lab.state("br0").tables.size;
    for (let i = 1001; i <= 2000; i++) {
      say(peer, { kind: "bundle_control", bundleId: i, type: BundleControlType.openRequest, flags: 3 }, i);
      const [message] = encodeMessages(addition(`table=1,reg0=${i},actions=1`), OF14, 5000 + i);
      say(peer, { kind: "bundle_add", bundleId: i, flags: 3, message: message! }, 5000 + i);
    }
    expect(await good.isServed(lab, 1)).toBe(true);
    await lab.clock.advanceAsync(10_100);
    for (const i of [1001, 1500, 2000]) {
      expect(heard(peer, i)).toEqual([
        expect.stringContaining("OFPT_BUNDLE_CONTROL"),
        "OFPT_ERROR (OF1.4): OFPBFC_TIMEOUT",
      ]);
    }
    expect(lab.state("br0").tables.size).toBe(before);
  });

  it("whose actions are nested as deep as a message allows are refused", async () => {
    const peer = await RawPeer.open(lab, OF13);
    await lab.clock.advanceAsync(1);
    // Apply-actions of clones, each in the one before.
    let inner = new Uint8Array(0);
    while (inner.length + 16 <= 65_000) {
      const outer = new Uint8Array(16 + inner.length);
      const length = outer.length;
      outer.set([0xff, 0xff, length >> 8, length & 255, 0, 0, 0x23, 0x20, 0, 42]);
      outer.set(inner, 16);
      inner = outer;
    }
    const body = new Uint8Array(40 + 8 + 8 + inner.length);
    body.set([0, 0, 0, 0, 0, 0, 0, 0], 8);
    body.set([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0], 24);
    body.set([0, 1, 0, 4], 40);
    body.set([0, 4, (inner.length + 8) >> 8, (inner.length + 8) & 255], 48);
    body.set(inner, 56);
    peer.send(makeMessage(OF13, 14, 8, body));
    expect(await peer.isServed(lab, 9)).toBe(true);
    const [answer] = heard(peer, 8);
    if (answer !== undefined) expect(answer).toContain("OFPT_ERROR");
    const frame = "ffffffffffff02000000000108004500001c000000004011000001020304050607080001000200080000";
    lab.receive("p1", frame);
    expect(await peer.isServed(lab, 10)).toBe(true);
  });

  it("that watch flows by the hundred and do not read, are told when they read again", async () => {
    const peer = await RawPeer.open(lab, OF14);
    const good = await RawPeer.open(lab, OF13);
    await lab.clock.advanceAsync(1);
    const before = lab.state("br0").tables.size;
    for (let i = 1; i <= 300; i++) {
      const monitor = {
        id: i,
        flags: 0x3f,
        outPort: 0xffffffff,
        outGroup: 0xffffffff,
        table: 255,
        match: emptyMatch(),
        command: "add",
      };
      say(peer, { kind: "flow_monitor_request", monitors: [monitor] } as unknown as Body, i);
    }
    await lab.clock.advanceAsync(1);
    peer.stopReading();
    for (let i = 1; i <= 3000; i++) {
      say(good, addition(`table=1,reg0=${i},actions=1`), 100 + i);
      if (i % 100 === 0) await lab.clock.advanceAsync(1);
    }
    expect(await good.isServed(lab, 1)).toBe(true);
    expect(lab.state("br0").tables.size).toBe(before + 3000);
    expect(peer.stream.peer.pending()).toBeLessThan(MOST_WAITING);
  }, 60_000);
});

function emptyMatch(): unknown {
  const { match } = parseFlowMod("actions=drop", "add").flowMod;
  return match;
}

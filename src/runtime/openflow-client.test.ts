import { describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { createFakeHost } from "#host/fake/host.js";
import { encodeErrorReply } from "#openflow/error-message.js";
import { makeMessage, readHeader } from "#openflow/header.js";
import { put16 } from "#util/big-endian.js";
import {
  OpenFlowClient,
  type OpenFlowClientSettings,
  type OpenFlowConnectError,
  OpenFlowRefusal,
} from "./openflow-client.js";
import { OpenFlowConnection } from "./openflow-connection.js";
import { recordingLog } from "./recording-log.js";

const none = new Uint8Array(0);
const flowMod = (xid: number): Uint8Array => makeMessage(4, 14, xid, new Uint8Array(48));
const barrier = (xid: number): Uint8Array => makeMessage(4, 20, xid, none);
const packetIn = (xid: number): Uint8Array => makeMessage(4, 10, xid, new Uint8Array(24));

function part(type: number, xid: number, more: boolean, fill = 0): Uint8Array {
  const body = new Uint8Array(12).fill(fill, 8);
  put16(body, 2, more ? 1 : 0);
  return makeMessage(4, type, xid, body);
}

type Answer = (message: Uint8Array, xid: number) => readonly Uint8Array[];

/** A switch that speaks OpenFlow 1.3, answers barriers, and everything else as `answer` says. */
async function setup(answer: Answer = () => [], settings: OpenFlowClientSettings = {}) {
  const host = createFakeHost();
  const ownLog = recordingLog();
  const log = recordingLog("info");
  const got: number[] = [];
  let peer!: OpenFlowConnection;
  await host.streams.listen("punix:/s", (stream) => {
    peer = new OpenFlowConnection(stream, log, { versions: 0x10 }).start({
      onMessage(message) {
        const { type, xid } = readHeader(message);
        got.push(type);
        for (const reply of type === 20 ? [makeMessage(4, 21, xid, none)] : answer(message, xid)) peer.send(reply);
      },
    });
  });
  const client = await OpenFlowClient.connect(host, ownLog, "unix:/s", settings);
  return { host, client, peer, got, log: ownLog };
}

const refuse = (message: Uint8Array): Uint8Array[] => [encodeErrorReply("OFPBAC_BAD_OUT_GROUP", 4, message)];

describe("OpenFlowClient", () => {
  it("matches replies by id, in whatever order they come", async () => {
    const held: Uint8Array[] = [];
    const { client } = await setup((_message, xid) => {
      held.unshift(makeMessage(4, 6, xid, none));
      return held.length === 2 ? held : [];
    });
    expect(client.version).toBe(4);
    const [first, second] = [client.xid(), client.xid()];
    const replies = [client.request(makeMessage(4, 5, first, none)), client.request(makeMessage(4, 5, second, none))];
    const xids = (await Promise.all(replies)).map((reply) => readHeader(reply).xid);
    expect(xids).toEqual([first, second]);
  });

  it("logs what comes instead of the reply that is waited for", async () => {
    const { client, log } = await setup((_message, xid) => [packetIn(0x99), makeMessage(4, 6, xid, none)]);
    await client.request(makeMessage(4, 5, 0x17, none));
    expect(log.lines).toContain("vconn|DBG|unix:/s: received reply with xid 00000099 != expected 00000017");
  });

  it("rejects with the error that a switch answers", async () => {
    const { client } = await setup(refuse);
    const refusal = await client.request(flowMod(77)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(OpenFlowRefusal);
    expect((refusal as OpenFlowRefusal).error).toMatchObject({ error: "OFPBAC_BAD_OUT_GROUP", xid: 77, version: 4 });
  });

  it("collects multipart replies, and gives them as they come", async () => {
    const { client } = await setup((_message, xid) => [
      part(19, xid, true, 1),
      packetIn(xid),
      part(19, xid, true, 2),
      part(19, xid, false, 3),
    ]);
    const unasked: number[] = [];
    client.onMessage((message) => unasked.push(readHeader(message).type));
    const parts = await client.collect(part(18, client.xid(), false));
    expect(parts.map((p) => p[16 + 3])).toEqual([1, 2, 3]);
    const seen: number[] = [];
    for await (const reply of client.replies(part(18, client.xid(), false))) {
      seen.push(reply[19]!);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([1, 2]);
    expect(unasked).toEqual([10, 10]);
    const failing = await setup(refuse);
    await expect(failing.client.collect(part(18, 9, false))).rejects.toThrow("OFPBAC_BAD_OUT_GROUP");
  });

  it("sends many messages with one barrier, and gives their errors", async () => {
    const { client, got } = await setup((message, xid) => (xid % 10 === 3 ? refuse(message) : []));
    const messages = Array.from({ length: 25 }, () => flowMod(client.xid()));
    const refusals = await client.transact(messages);
    expect(refusals.map((refusal) => refusal.error?.xid)).toEqual([3, 13, 23]);
    expect(got).toEqual([...messages.map(() => 14), 20]);
    expect((await client.transactNoReply(flowMod(33)))?.message).toBe("OFPBAC_BAD_OUT_GROUP");
    expect(await client.transactNoReply(flowMod(34))).toBeUndefined();
  });

  it("hands over what nobody asked for, and ends with the connection", async () => {
    const { client, peer } = await setup();
    peer.send(packetIn(0));
    peer.send(barrier(1234));
    await settle();
    const types: number[] = [];
    const reading = (async () => {
      for await (const message of client.messages()) types.push(readHeader(message).type);
    })();
    await settle();
    expect(types).toEqual([10, 20]);
    const unanswered = client.request(makeMessage(4, 5, 1, none));
    const ends = Promise.allSettled([unanswered]);
    peer.close();
    await reading;
    expect(await ends).toMatchObject([{ status: "rejected", reason: { message: "End of file" } }]);
    await expect(client.barrier()).rejects.toThrow("End of file");
    expect(client.open).toBe(false);
  });

  it("makes a busy switch wait for a slow reader, but not where the reader waits for the switch", async () => {
    const { client, peer } = await setup();
    const total = 500;
    let barriers = 0;
    let read = 0;
    const reading = (async () => {
      for await (const message of client.messages()) {
        expect(readHeader(message).xid).toBe(read);
        read += 1;
        if (read % 100 === 1) {
          await client.barrier();
          barriers += 1;
        }
        if (read === total) break;
      }
    })();
    await settle();
    for (let i = 0; i < total; i++) peer.send(packetIn(i));
    await reading;
    expect(barriers).toBe(5);
    client.close();
  });

  it("lets a switch wait whose parts nobody takes", async () => {
    let arrived = 0;
    const { client } = await setup(
      (_message, xid) => Array.from({ length: 1000 }, (_, i) => part(19, xid, i < 999, i & 255)),
      { onTraffic: (message) => void (arrived += message[1] === 19 ? 1 : 0) },
    );
    const parts = client.replies(part(18, client.xid(), false));
    await parts.next();
    await settle();
    expect(arrived).toBeLessThan(200);
    let count = 1;
    for await (const _ of parts) count += 1;
    expect([count, arrived]).toEqual([1000, 1000]);
  });

  it("keeps the newest of what nobody reads", async () => {
    const { client, peer } = await setup();
    for (let i = 0; i < 10_050; i++) peer.send(packetIn(i));
    await settle();
    await client.barrier();
    const xids: number[] = [];
    client.onMessage((message) => xids.push(readHeader(message).xid));
    expect([xids.length, xids[0], xids.at(-1)]).toEqual([10_000, 50, 10_049]);
  });

  it("says whether the peer was not reached or did not say hello", async () => {
    const host = createFakeHost();
    const log = recordingLog("info");
    const attempt = (settings: OpenFlowClientSettings = {}): Promise<OpenFlowConnectError> =>
      OpenFlowClient.connect(host, log, "unix:/s", settings).then(
        () => expect.fail("connected"),
        (error: OpenFlowConnectError) => error,
      );
    expect(await attempt()).toMatchObject({ reached: false, message: "unix:/s: No such file or directory" });
    const listener = await host.streams.listen("punix:/s", (stream) => stream.onData(() => {}));
    const waiting = attempt({ timeout: 3000 });
    await host.clock.advanceAsync(3000);
    expect(await waiting).toMatchObject({ reached: true, message: "unix:/s: Connection timed out" });
    listener.close();
    await host.streams.listen("punix:/s", (stream) => stream.close());
    expect(await attempt()).toMatchObject({ reached: true, message: "unix:/s: Connection reset by peer" });
    expect(host.clock.pending).toBe(0);
  });

  it("probes a switch where asked to, and gives up one that is silent", async () => {
    const { host, client, peer } = await setup(() => [], { probeInterval: 5000 });
    await host.clock.advanceAsync(30_000);
    expect(client.open).toBe(true);
    peer.stream.pause();
    let ended: string | undefined;
    client.onClose((reason) => {
      ended = reason.message;
    });
    await host.clock.advanceAsync(10_000);
    expect(ended).toBe("Connection timed out");
    expect(host.clock.pending).toBe(0);
  });
});

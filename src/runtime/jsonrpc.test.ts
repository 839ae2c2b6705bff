import { describe, expect, it } from "vitest";
import { settle } from "#host/fake/clock.js";
import { createFakeHost } from "#host/fake/host.js";
import { fakeStreamPair } from "#host/fake/streams.js";
import type { Json } from "#util/json.js";
import { ConnectionEnded, JsonRpc, JsonRpcRefusal } from "./jsonrpc.js";
import { decodeMessage } from "./jsonrpc-message.js";
import { recordingLog } from "./recording-log.js";
import { Vlog } from "./vlog.js";

/** Messages and what Open vSwitch 3.1 says of them. */
const bad: readonly (readonly [Json, string])[] = [
  [[1], "message is not a JSON object"],
  [{ method: 1 }, "method is not a JSON string"],
  [{ id: 3 }, 'request must have "method"'],
  [{}, 'notification must have "method"'],
  [{ id: 3, result: null, error: null }, 'request must have "method"'],
  [{ id: null, result: 1, error: null }, 'reply must have "id"'],
  [{ id: 3, result: 1, error: 1 }, 'reply must not have "error"'],
  [{ method: "x", params: [1], error: 1, id: 1 }, 'error must not have "method"'],
  [{ method: "x", params: [1], result: 1, id: 1 }, 'reply must not have "method"'],
  [{ method: "x", id: 1 }, 'request must have "params"'],
  [{ params: [1], id: 1 }, 'request must have "method"'],
  [{ method: "x", params: {}, id: 1 }, '"params" must be JSON array'],
  [{ method: "x", params: [1], foo: 1, id: 1 }, 'message has unexpected member "foo"'],
];

describe("decodeMessage", () => {
  it.each(bad)("refuses %j in upstream's words", (json, message) => {
    expect(() => decodeMessage(json)).toThrow(message);
  });
});

describe("JsonRpc", () => {
  function pair() {
    const [a, b] = fakeStreamPair("unix:x", "unix#0");
    a.chunk = 3;
    const log = recordingLog();
    return { client: new JsonRpc(a, log.module("jsonrpc")), server: new JsonRpc(b, log.module("jsonrpc")), a, b, log };
  }

  it("carries requests, refusals and notifications, and answers echo", async () => {
    const { client, server } = pair();
    const notified: Json[] = [];
    client.start({});
    server.start({
      onRequest(method, params, id) {
        if (method === "add") server.reply(id, (params[0] as number) + (params[1] as number));
        else server.replyError(id, { error: "no" });
      },
      onNotification: (method, params) => notified.push([method, ...params]),
    });
    client.notify("hello", [1]);
    expect(await client.request("add", [1, 2])).toBe(3);
    expect(await client.request("echo", ["x"])).toEqual(["x"]);
    await expect(client.request("sub", [])).rejects.toEqual(new JsonRpcRefusal({ error: "no" }));
    expect(notified).toEqual([["hello", 1]]);
  });

  it("says unknown method where nobody takes requests", async () => {
    const { client, server } = pair();
    client.start({});
    server.start({});
    await expect(client.request("x", [])).rejects.toThrow("unknown method");
  });

  it("rejects what waits when the peer ends", async () => {
    const { client, server } = pair();
    client.start({});
    server.start({});
    const waiting = client.request("x", []);
    server.destroy();
    await expect(waiting).rejects.toEqual(new ConnectionEnded(undefined));
    await expect(waiting).rejects.toThrow("End of file");
    expect(client.open).toBe(false);
  });

  it("ends with EPROTO at malformed input, logged as upstream logs it", async () => {
    for (const [text, line] of [
      ["[nul]", "jsonrpc|WARN|unix#0: error parsing stream: line 0, column 4, byte 4: invalid keyword 'nul'"],
      ["[1]", "jsonrpc|WARN|unix#0: received bad JSON-RPC message: message is not a JSON object"],
    ] as const) {
      const { a, server, log } = pair();
      let reason: Error | undefined;
      server.start({
        onClose: (error) => {
          reason = error;
        },
      });
      a.write(text);
      await settle();
      expect(reason?.message).toBe("unix#0: Protocol error");
      expect(log.lines.filter((l) => l.includes("WARN"))).toEqual([line]);
    }
  });

  it("complains of bad peers five times in a row, however many connections they use", async () => {
    const host = createFakeHost();
    const vlog = new Vlog(host, { program: "p" });
    vlog.set("PATTERN:console:%m");
    for (let i = 0; i < 8; i++) {
      const [peer, ours] = fakeStreamPair("unix:x", `unix#${i}`);
      new JsonRpc(ours, vlog.module("jsonrpc")).start({});
      peer.write("[1]");
      await settle();
    }
    host.clock.advance(13_000);
    const [peer, ours] = fakeStreamPair("unix:x", "unix#8");
    new JsonRpc(ours, vlog.module("jsonrpc")).start({});
    peer.write("[1]");
    await settle();
    const lines = host.process.err.trimEnd().split("\n");
    expect(lines).toHaveLength(7);
    expect(lines[5]).toBe(
      "Dropped 3 log messages in last 13 seconds (most recently, 13 seconds ago) due to excessive rate",
    );
    expect(lines[6]).toContain("unix#8: ");
  });

  it("hands over answers nobody asked for", async () => {
    const { a, server } = pair();
    const stray: Json[] = [];
    server.start({ onStrayAnswer: (answer) => stray.push(answer.id) });
    a.write('{"id":7,"result":1,"error":null}{"id":"echo","result":[],"error":null}');
    await settle();
    expect(stray).toEqual([7]);
  });
});

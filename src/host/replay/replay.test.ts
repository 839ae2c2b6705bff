import { beforeEach, describe, expect, it } from "vitest";
import { settle } from "../fake/clock.js";
import { createFakeHost, type FakeHost } from "../fake/host.js";
import type { FakeStream } from "../fake/streams.js";
import type { Host } from "../host.js";
import type { Stream } from "../streams.js";
import { recordingHost } from "./recording-host.js";
import { replayingHost } from "./replaying-host.js";

const file = "/tmp/replay_test";
let host: FakeHost;
beforeEach(() => {
  host = createFakeHost();
});

/** A program that says what happens to it: it listens, connects, draws numbers and looks at the time. */
async function program(on: Host, transcript: string[]): Promise<void> {
  const watch = (stream: Stream, what: string): void => {
    transcript.push(`${what} ${stream.name} ${stream.remoteAddress ?? "-"}`);
    stream.onData((bytes) => {
      const drawn = Buffer.from(on.random(4)).toString("hex");
      transcript.push(`${what} ${stream.name}: ${Buffer.from(bytes).toString()} ${drawn}`);
      stream.write(`heard ${drawn}`);
    });
    stream.onClose((error) => transcript.push(`${what} ${stream.name} ends: ${error?.message ?? "orderly"}`));
  };
  const listener = await on.streams.listen("ptcp:0:127.0.0.1", (stream) => watch(stream, "accepted"));
  transcript.push(`listens: ${listener.name} ${listener.port}`);
  await on.streams.listen("nonsense", () => {}).catch((error: Error) => transcript.push(error.message));
  await on.streams.connect("tcp:127.0.0.1:1").catch((error: Error) => transcript.push(error.message));
  watch(await on.streams.connect("tcp:127.0.0.1:6650"), "connected");
}

/** What comes from outside while the program is recorded. */
async function record(): Promise<string[]> {
  const transcript: string[] = [];
  let accepted!: FakeStream;
  await host.streams.listen("ptcp:6650:127.0.0.1", (stream) => {
    accepted = stream as FakeStream;
    stream.onData(() => {});
    stream.onClose(() => {});
  });
  const running = program(recordingHost(host, file), transcript);
  for (let i = 0; i < 20; i++) await settle();
  await running;
  const port = /ptcp:(\d+)/.exec(transcript[0]!)![1]!;
  accepted.write("from the server");
  const client = await host.streams.connect(`tcp:127.0.0.1:${port}`);
  client.onData(() => {});
  client.onClose(() => {});
  client.write("one");
  await settle();
  host.clock.advance(5000);
  client.write("two");
  await settle();
  client.close();
  accepted.fail("ECONNRESET");
  for (let i = 0; i < 20; i++) await settle();
  return transcript;
}

async function replay(): Promise<{ transcript: string[]; finished: boolean; on: Host }> {
  const transcript: string[] = [];
  const elsewhere = createFakeHost();
  elsewhere.files.write(file, host.files.readText(file));
  const on = replayingHost(elsewhere, file);
  let finished = false;
  void on.replayed.then(() => {
    finished = true;
  });
  void program(on, transcript);
  await elsewhere.clock.advanceAsync(1);
  return { transcript, finished, on };
}

describe("what was recorded", () => {
  it("happens again, with the same numbers drawn", async () => {
    const transcript = await record();
    expect(transcript.length).toBeGreaterThan(9);
    expect(transcript.join("\n")).toMatch(/two [0-9a-f]{8}\n/);
    const again = await replay();
    expect(again).toMatchObject({ transcript, finished: true });
    expect(again.on.clock.wall()).toBe(host.clock.wall());
  });

  it("happens as far as it was written", async () => {
    const transcript = await record();
    const text = host.files.readText(file);
    host.files.write(file, text.slice(0, -10));
    const again = await replay();
    expect(again.finished).toBe(true);
    expect(transcript.join().startsWith(again.transcript.join())).toBe(true);
    expect(again.transcript).toHaveLength(transcript.length - 1);
  });

  it("waits for a program that does something else", async () => {
    await record();
    const elsewhere = createFakeHost();
    elsewhere.files.write(file, host.files.readText(file));
    const on = replayingHost(elsewhere, file);
    let finished = false;
    void on.replayed.then(() => {
      finished = true;
    });
    elsewhere.clock.advance(10);
    await settle();
    expect(finished).toBe(false);
    // Numbers of another size are drawn anew.
    expect(on.random(7)).toHaveLength(7);
  });

  it("is refused where it is no replay", () => {
    host.files.write(file, "hello\n");
    expect(() => replayingHost(host, file)).toThrow(`${file}: not a replay file`);
    expect(() => replayingHost(host, "/none")).toThrow("/none: cannot read replay");
  });

  it("makes no file for a program that does nothing", () => {
    recordingHost(host, file);
    expect(host.files.exists(file)).toBe(false);
  });
});

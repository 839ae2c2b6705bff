import { afterEach, beforeEach, expect, it } from "vitest";
import type { Listener, Stream, Streams } from "#host/streams.js";

/** A place to try streams in: `directory` for unix sockets is the implementation's own. */
export interface StreamsBed {
  readonly streams: Streams;
  readonly directory: string;
  close(): void;
}

/** What every implementation of `Streams` holds to. */
export function streamsContract(make: () => StreamsBed): void {
  let bed: StreamsBed;
  const opened: { close(): void }[] = [];
  beforeEach(() => {
    bed = make();
  });
  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
    bed.close();
  });

  const listen = async (name: string, onStream: (s: Stream) => void): Promise<Listener> => {
    const listener = await bed.streams.listen(name, onStream);
    opened.push(listener);
    return listener;
  };
  const connect = async (name: string): Promise<Stream> => {
    const stream = await bed.streams.connect(name);
    opened.push(stream);
    return stream;
  };
  /** Collects text until it is as long as expected. */
  const receive = (stream: Stream, length: number): Promise<string> =>
    new Promise((resolve) => {
      let text = "";
      stream.onData((bytes) => {
        text += new TextDecoder().decode(bytes);
        if (text.length >= length) resolve(text);
      });
    });
  const closed = (stream: Stream): Promise<Error | undefined> => {
    stream.onData(() => {});
    return new Promise((resolve) => stream.onClose(resolve));
  };
  /** Two connected ends: the one that connected, and the accepted one. */
  const pair = async (passive: string, active: (l: Listener) => string): Promise<[Stream, Stream]> => {
    let accept: (stream: Stream) => void = () => {};
    const accepted = new Promise<Stream>((resolve) => {
      accept = resolve;
    });
    const listener = await listen(passive, (s) => accept(s));
    return [await connect(active(listener)), await accepted];
  };
  const unixPair = (): Promise<[Stream, Stream]> => pair(`punix:${bed.directory}/s`, () => `unix:${bed.directory}/s`);

  it("carries bytes both ways over a unix socket and names its ends", async () => {
    const [client, server] = await unixPair();
    expect(client.name).toBe(`unix:${bed.directory}/s`);
    expect(server.name).toBe("unix#0");
    client.write("hello");
    expect(await receive(server, 5)).toBe("hello");
    server.write(new TextEncoder().encode("there"));
    expect(await receive(client, 5)).toBe("there");
  });

  it("carries bytes over TCP on a port of the kernel's choice", async () => {
    let port = 0;
    const [client, server] = await pair("ptcp:0:127.0.0.1", (l) => {
      port = l.port!;
      expect(l.name).toBe(`ptcp:${port}:127.0.0.1`);
      return `tcp:127.0.0.1:${port}`;
    });
    expect(client.name).toBe(`tcp:127.0.0.1:${port}`);
    expect(server.name).toMatch(/^tcp:127\.0\.0\.1:\d+$/);
    expect(server.remoteAddress).toBe("127.0.0.1");
    client.write("x");
    expect(await receive(server, 1)).toBe("x");
  });

  it("keeps what arrives before anyone reads", async () => {
    const [client, server] = await unixPair();
    client.write("early");
    client.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await receive(server, 5)).toBe("early");
  });

  it("flushes what was written before it closes", async () => {
    const [client, server] = await unixPair();
    const text = "0123456789".repeat(50_000);
    const all = receive(server, text.length);
    const end = new Promise((resolve) => server.onClose(resolve));
    client.write(text);
    client.close();
    client.write("after the end");
    expect(await all).toBe(text);
    expect(await end).toBeUndefined();
  });

  it("tells the peer of an orderly end, once, and not the one that closed", async () => {
    const [client, server] = await unixPair();
    let told = 0;
    client.onData(() => {});
    client.onClose(() => told++);
    const end = closed(server);
    client.close();
    expect(await end).toBeUndefined();
    expect(told).toBe(0);
  });

  it("says when its queue is empty", async () => {
    const [client, server] = await unixPair();
    server.onData(() => {});
    const drained = new Promise<void>((resolve) => client.onDrain(resolve));
    client.write("x".repeat(1_000_000));
    expect(client.pending()).toBeGreaterThan(0);
    await drained;
    expect(client.pending()).toBe(0);
  });

  it("holds back while it is paused", async () => {
    const [client, server] = await unixPair();
    let text = "";
    server.onData((bytes) => {
      text += new TextDecoder().decode(bytes);
    });
    server.pause();
    client.write("x");
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(text).toBe("");
    const more = receive(server, 1);
    server.resume();
    await more;
  });

  it("fails with the kernel's errno", async () => {
    await expect(bed.streams.connect(`unix:${bed.directory}/none`)).rejects.toMatchObject({
      code: "ENOENT",
      message: `unix:${bed.directory}/none: No such file or directory`,
    });
    const listener = await bed.streams.listen("ptcp:0:127.0.0.1", () => {});
    const { port } = listener;
    await expect(bed.streams.listen(`ptcp:${port}:127.0.0.1`, () => {})).rejects.toMatchObject({ code: "EADDRINUSE" });
    listener.close();
    await expect(bed.streams.connect(`tcp:127.0.0.1:${port}`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it.each([
    ["foo", undefined],
    ["foo:", undefined],
    ["tcp:1.2.3.4:99999", '1.2.3.4:99999: bad port number "99999"'],
    ["tcp:1.2.3.4:5:6", "1.2.3.4:5:6: port must be specified"],
    ["tcp:[::1:5", "[::1:5: port must be specified"],
    ["tcp:::1:5", "::1:5: port must be specified"],
    ["tcp:1.2.3.4", "1.2.3.4: port must be specified"],
  ])("refuses %s as upstream does", async (name, complaint) => {
    await expect(bed.streams.connect(name)).rejects.toMatchObject({
      code: "EAFNOSUPPORT",
      complaints: complaint === undefined ? [] : [{ module: "socket_util", level: "err", message: complaint }],
    });
  });

  it("takes the default port where the name has none", async () => {
    const listener = await listen("ptcp:0:127.0.0.1", () => {});
    const stream = await bed.streams.connect("tcp:127.0.0.1", { defaultPort: listener.port! });
    stream.close();
  });
}

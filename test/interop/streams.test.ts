import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NodeStreams } from "#host/node/streams.js";
import type { Listener, Stream, TlsSettings } from "#host/streams.js";
import { streamsContract } from "../contract/streams.js";
import { describeWith, program } from "../support/needs.js";

const temporary = (): string => mkdtempSync(join(tmpdir(), "weft-streams-"));

describe.each([
  ["streams over Node", false],
  ["streams of tools, without Node's net for unix sockets", true],
])("%s", (_title, light) => {
  streamsContract(() => {
    const directory = temporary();
    const close = (): void => rmSync(directory, { recursive: true, force: true });
    return { streams: new NodeStreams({ light }), directory, close };
  });
});

it("tools connect to unix sockets without loading Node's net", async () => {
  const directory = temporary();
  const [listener, accepted] = await accept(new NodeStreams(), `punix:${directory}/s.sock`);
  const stream = await new NodeStreams({ light: true }).connect(`unix:${directory}/s.sock`);
  expect(stream.constructor.name).toBe("PipeStream");
  const size = 3_000_000;
  const echoed = new Promise<number>((resolve) => {
    let bytes = 0;
    stream.onData((part) => {
      bytes += part.length;
      if (bytes === size) resolve(bytes);
    });
  });
  const peer = await accepted;
  peer.onData((part) => peer.write(part));
  stream.write(new Uint8Array(size));
  expect(stream.pending()).toBeGreaterThan(0);
  expect(await echoed).toBe(size);
  const ended = new Promise((resolve) => stream.onClose(resolve));
  peer.close();
  expect(await ended).toBeUndefined();
  listener.close();
  rmSync(directory, { recursive: true, force: true });
});

async function accept(streams: NodeStreams, name: string, tls?: TlsSettings): Promise<[Listener, Promise<Stream>]> {
  let take: (s: Stream) => void = () => {};
  const stream = new Promise<Stream>((resolve) => {
    take = resolve;
  });
  return [await streams.listen(name, (s) => take(s), tls ? { tls } : {}), stream];
}

describe("streams over Node, beyond the contract", () => {
  const streams = new NodeStreams();
  let directory: string;
  beforeAll(() => {
    directory = temporary();
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("reaches unix sockets whose path is too long for the kernel", async () => {
    const deep = join(directory, "d".repeat(90), "e".repeat(60));
    mkdirSync(deep, { recursive: true });
    const path = join(deep, "s.sock");
    const [listener, accepted] = await accept(streams, `punix:${path}`);
    const client = await streams.connect(`unix:${path}`);
    client.write("x");
    await new Promise<void>((resolve) => void accepted.then((s) => s.onData(() => resolve())));
    client.close();
    listener.close();
    expect(existsSync(path)).toBe(false);
  });

  it("says which name is too long even so", async () => {
    const path = join(directory, "n".repeat(120));
    await expect(streams.connect(`unix:${path}`)).rejects.toMatchObject({
      code: "ENAMETOOLONG",
      complaints: [
        {
          module: "socket_util_unix",
          level: "warn",
          message: `Unix socket name ${path} is longer than maximum 107 bytes`,
        },
      ],
    });
  });

  it("replaces the file of a socket nobody serves, with upstream's mode", async () => {
    const path = join(directory, "again");
    const first = await streams.listen(`punix:${path}`, () => {});
    const second = await streams.listen(`punix:${path}`, () => {});
    expect(statSync(path).mode & 0o777).toBe(0o750);
    first.close();
    second.close();
  });

  it("says why it cannot listen", async () => {
    await expect(streams.listen("punix:/nope/x", () => {})).rejects.toMatchObject({
      code: "ENOENT",
      complaints: [
        { module: "stream_unix", level: "err", message: "/nope/x: binding failed: No such file or directory" },
      ],
    });
    await expect(streams.listen("ptcp:0:192.0.2.1", () => {})).rejects.toMatchObject({
      code: "EADDRNOTAVAIL",
      complaints: [
        { module: "socket_util", level: "err", message: "0:192.0.2.1: bind: Cannot assign requested address" },
      ],
    });
  });

  it("speaks IPv6 with brackets", async () => {
    const [listener, accepted] = await accept(streams, "ptcp:0:[::1]");
    expect(listener.name).toBe(`ptcp:${listener.port}:[::1]`);
    const client = await streams.connect(`tcp:[::1]:${listener.port}`);
    expect((await accepted).name).toMatch(/^tcp:\[::1\]:\d+$/);
    client.close();
    listener.close();
  });

  it("fails as upstream does for a host without address", async () => {
    await expect(streams.connect("tcp:nosuch.invalid:5")).rejects.toMatchObject({
      code: "EAFNOSUPPORT",
      complaints: [{ module: "stream_tcp", level: "err" }],
    });
  });

  it("refuses ssl without keys as upstream does", async () => {
    await expect(streams.connect("ssl:127.0.0.1:5")).rejects.toMatchObject({
      code: "ENOPROTOOPT",
      complaints: [
        { module: "stream_ssl", message: "Private key must be configured to use SSL" },
        { module: "stream_ssl", message: "Certificate must be configured to use SSL" },
        { module: "stream_ssl", message: "CA certificate must be configured to use SSL" },
      ],
    });
  });
});

describeWith([program("/usr/bin/openssl", "openssl")], "ssl streams", () => {
  const streams = new NodeStreams();
  let directory: string;
  const text = (name: string): string => readFileSync(join(directory, name), "utf8");
  const openssl = (...args: string[]): Buffer =>
    execFileSync("/usr/bin/openssl", args, { cwd: directory, stdio: "pipe" });
  const settings = (name: string, ca = "ca"): TlsSettings => ({
    privateKey: text(`${name}.key`),
    certificate: text(`${name}.pem`),
    caCertificate: text(`${ca}.pem`),
  });
  const authority = (name: string): void => {
    openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-subj",
      `/CN=${name}`,
      "-days",
      "30",
    );
  };
  const certificate = (name: string, ca: string): void => {
    openssl(
      "req",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
      "-subj",
      `/CN=${name}`,
    );
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      `${ca}.pem`,
      "-CAkey",
      `${ca}.key`,
      "-CAcreateserial",
      "-out",
      `${name}.pem`,
      "-days",
      "30",
    );
  };
  beforeAll(() => {
    directory = temporary();
    authority("ca");
    authority("otherca");
    certificate("switch-1", "ca");
    certificate("controller", "ca");
    certificate("stranger", "otherca");
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("knows its peer by its certificate", async () => {
    const [listener, accepted] = await accept(streams, "pssl:0:127.0.0.1", settings("controller"));
    const client = await streams.connect(`ssl:127.0.0.1:${listener.port}`, { tls: settings("switch-1") });
    const server = await accepted;
    expect(client.peerCommonName).toBe("controller");
    expect(server.peerCommonName).toBe("switch-1");
    expect(server.name).toMatch(/^ssl:127\.0\.0\.1:\d+$/);
    client.write("secret");
    await new Promise<void>((resolve) => server.onData(() => resolve()));
    client.close();
    listener.close();
  });

  it("refuses a server that its CA did not sign", async () => {
    const [listener] = await accept(streams, "pssl:0:127.0.0.1", settings("stranger", "otherca"));
    await expect(
      streams.connect(`ssl:127.0.0.1:${listener.port}`, { tls: settings("switch-1") }),
    ).rejects.toMatchObject({ name: "StreamError" });
    listener.close();
  });

  it("does not accept a client that its CA did not sign", async () => {
    let count = 0;
    const listener = await streams.listen("pssl:0:127.0.0.1", () => count++, { tls: settings("controller") });
    const name = `ssl:127.0.0.1:${listener.port}`;
    const outcome = await streams
      .connect(name, { tls: { ...settings("stranger", "otherca"), caCertificate: text("ca.pem") } })
      .then(
        (s) =>
          new Promise((resolve) => {
            s.onData(() => {});
            s.onClose(() => resolve("closed"));
          }),
        () => "refused",
      );
    expect(["closed", "refused"]).toContain(outcome);
    expect(count).toBe(0);
    listener.close();
  });

  it("learns the CA from the first connection where it is told to", async () => {
    const chained = `${text("controller.pem")}${text("ca.pem")}`;
    const [listener] = await accept(streams, "pssl:0:127.0.0.1", { ...settings("controller"), certificate: chained });
    const { caCertificate: _none, ...own } = settings("switch-1");
    let learned = "";
    const client = await streams.connect(`ssl:127.0.0.1:${listener.port}`, {
      tls: { ...own, bootstrapCa: (pem) => (learned = pem) },
    });
    expect(learned.replaceAll(/\s/g, "")).toBe(text("ca.pem").replaceAll(/\s/g, ""));
    client.close();
    listener.close();
  });
});

import { chmodSync, rmSync, statSync } from "node:fs";
import type * as Net from "node:net";
import { dirname } from "node:path";
import { errnoNumber } from "#util/errno.js";
import { formatHostPort, parseStreamName } from "../stream-name.js";
import type { Complaint, ConnectOptions, Listener, Stream, Streams } from "../streams.js";
import { StreamError } from "../streams.js";
import { toHostError } from "./host-error.js";
import { lazyBuiltin } from "./lazy-builtin.js";
import { NodeStream } from "./node-stream.js";
import { longestUnixPath, socketPath } from "./unix-path.js";

/** Loaded when a program first connects or listens: `--version` does neither. */
const net = (): typeof Net => lazyBuiltin("node:net") as typeof Net;

const unknownHost = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA"]);

function streamError(name: string, cause: unknown, complain: (text: string) => Complaint[] = () => []): StreamError {
  if (cause instanceof StreamError) return cause;
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  if (unknownHost.has(code)) {
    const text = `${name}: connect: Address family not supported by protocol`;
    return new StreamError(name, "EAFNOSUPPORT", [{ module: "stream_tcp", level: "err", message: text }]);
  }
  // A name with several addresses fails with all their errors at once; the first one says most.
  const first = cause instanceof AggregateError ? cause.errors[0] : cause;
  const error = toHostError(name, first);
  if (errnoNumber(error.code) === 0) {
    // TLS has names of its own for what is wrong with a peer.
    const reason = `SSL_connect: ${(first as Error).message}`;
    return new StreamError(name, "EPROTO", [{ module: "stream_ssl", level: "warn", message: reason }]);
  }
  return new StreamError(name, error.code, complain(error.message.slice(name.length + 2)));
}

function tooLong(name: string, path: string): StreamError {
  const message = `Unix socket name ${path} is longer than maximum ${longestUnixPath} bytes`;
  return new StreamError(name, "ENAMETOOLONG", [{ module: "socket_util_unix", level: "warn", message }]);
}

function connected(socket: Net.Socket, event: string, timeout: number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = timeout
      ? setTimeout(() => reject(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })), timeout)
      : undefined;
    socket.once("error", reject);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off("error", reject);
      resolve();
    });
    socket.once("close", () => clearTimeout(timer));
  });
}

export interface NodeStreamsSettings {
  /** Connect to unix sockets without loading Node's `net`: for programs that run so briefly that it shows. */
  readonly light: boolean;
}

/** Streams over Node's own sockets; TLS is loaded when it is first asked for. */
export class NodeStreams implements Streams {
  readonly #light: boolean;
  #accepted = 0;

  constructor({ light }: NodeStreamsSettings = { light: false }) {
    this.#light = light;
  }

  async connect(name: string, options: ConnectOptions = {}): Promise<Stream> {
    const target = parseStreamName(name, options);
    switch (target.kind) {
      case "unix":
        return this.#connectUnix(name, target.path, options);
      case "tcp": {
        const socket = net().connect({ host: target.host, port: target.port, noDelay: true });
        await this.#established(name, socket, "connect", options);
        return new NodeStream(socket, name);
      }
      case "ssl": {
        const { connectTls } = await import("./tls.js");
        return connectTls(name, target.host, target.port, options, (socket, event) =>
          this.#established(name, socket, event, options),
        );
      }
      default:
        throw new StreamError(name, "EAFNOSUPPORT");
    }
  }

  async listen(name: string, onStream: (stream: Stream) => void, options: ConnectOptions = {}): Promise<Listener> {
    const target = parseStreamName(name, options);
    switch (target.kind) {
      case "punix": {
        const unixServer = net().createServer((socket) => onStream(new NodeStream(socket, `unix#${this.#accepted++}`)));
        return listenUnix(name, target.path, unixServer);
      }
      case "ptcp": {
        const server = net().createServer({ noDelay: true }, (socket) =>
          onStream(new NodeStream(socket, peerName("tcp", socket))),
        );
        return listenTcp(name, target.host, target.port, server);
      }
      case "pssl": {
        const { createTlsServer } = await import("./tls.js");
        const server = createTlsServer(name, options, (socket, commonName) =>
          onStream(new NodeStream(socket, peerName("ssl", socket), commonName)),
        );
        return listenTcp(name, target.host, target.port, server);
      }
      default:
        throw new StreamError(name, "EAFNOSUPPORT");
    }
  }

  async #connectUnix(name: string, path: string, options: ConnectOptions): Promise<Stream> {
    const address = socketPath(path);
    if (!address) throw tooLong(name, path);
    try {
      const stream = this.#light && (await this.#connectLight(name, address.path, options));
      if (stream) return stream;
      const socket = net().connect({ path: address.path });
      await this.#established(name, socket, "connect", options);
      return new NodeStream(socket, name);
    } finally {
      address.release();
    }
  }

  async #connectLight(name: string, path: string, options: ConnectOptions): Promise<Stream | undefined> {
    const { connectPipe } = await import("./pipe-stream.js");
    try {
      return await connectPipe(name, path, options.timeout);
    } catch (error) {
      throw streamError(name, error);
    }
  }

  async #established(name: string, socket: Net.Socket, event: string, options: ConnectOptions): Promise<void> {
    try {
      await connected(socket, event, options.timeout);
    } catch (error) {
      // Late errors of a socket already given up are of no interest.
      socket.on("error", () => {});
      socket.destroy();
      throw streamError(name, error);
    }
  }
}

function peerName(kind: string, socket: Net.Socket): string {
  return `${kind}:${formatHostPort(socket.remoteAddress ?? "?", socket.remotePort ?? 0)}`;
}

function listening(server: Net.Server, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      // accept(2) failing for want of descriptors must not end the daemon; the next connection tries again.
      server.on("error", () => {});
      resolve();
    });
    start();
  });
}

async function listenUnix(name: string, path: string, server: Net.Server): Promise<Listener> {
  const address = socketPath(path);
  const complain = (text: string): Complaint[] => [
    { module: "stream_unix", level: "err", message: `${path}: binding failed: ${text}` },
  ];
  if (!address) throw tooLong(name, path);
  // As upstream: an old socket's file is replaced without asking whether someone still listens there.
  rmSync(path, { force: true });
  try {
    await listening(server, () => server.listen({ path: address.path }));
    chmodSync(path, 0o750);
  } catch (error) {
    // Node says EACCES for every failed bind of a path, whatever the kernel said.
    throw streamError(name, bindCause(path, error), complain);
  } finally {
    address.release();
  }
  let open = true;
  return {
    name,
    port: undefined,
    close() {
      if (!open) return;
      open = false;
      server.close();
      rmSync(path, { force: true });
    },
  };
}

/** libuv maps ENOENT of a unix bind to EACCES; asks the directory what was really wrong. */
function bindCause(path: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).code !== "EACCES") return cause;
  try {
    statSync(dirname(path));
    return cause;
  } catch (error) {
    return error;
  }
}

async function listenTcp(name: string, host: string | undefined, port: number, server: Net.Server): Promise<Listener> {
  const rest = name.slice(name.indexOf(":") + 1);
  const complain = (text: string): Complaint[] => [
    { module: "socket_util", level: "err", message: `${rest}: bind: ${text}` },
  ];
  try {
    // Upstream listens on IPv4 alone where no address is given.
    await listening(server, () => server.listen({ port, host: host ?? "0.0.0.0" }));
  } catch (error) {
    throw streamError(name, error, complain);
  }
  const address = server.address();
  const bound = typeof address === "object" && address ? address.port : port;
  const hostText = host === undefined ? "" : `:${host.includes(":") ? `[${host}]` : host}`;
  return { name: `${name.slice(0, name.indexOf(":"))}:${bound}${hostText}`, port: bound, close: () => server.close() };
}

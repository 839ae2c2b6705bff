import type * as Datagram from "node:dgram";
import { existsSync, realpathSync } from "node:fs";
import type * as Modules from "node:module";
import type { SyslogTarget } from "../syslog.js";
import { lazyBuiltin } from "./lazy-builtin.js";

const AF_UNIX = 1;
/** SOCK_DGRAM with SOCK_NONBLOCK and SOCK_CLOEXEC. */
const datagramType = 2 | 0o4000 | 0o2000000;
const MSG_NOSIGNAL = 0x4000;
/** Offset of sun_path, and its size. */
const pathOffset = 2;
const pathSize = 108;

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  connect(fd: number, address: Uint8Array, size: number): number;
  send(fd: number, bytes: Uint8Array, size: number, flags: number): number;
  close(fd: number): number;
}

let libc: Libc | undefined;

/** Node has no unix datagram sockets. The calls are bound when the first message is sent, so that a tool without syslog never is. */
function calls(): Libc {
  if (libc) return libc;
  const { createRequire } = lazyBuiltin("node:module") as typeof Modules;
  const require = createRequire(realpathSync(process.argv[1] ?? process.execPath));
  const koffi = require("koffi") as { load(name: null): { func(prototype: string): unknown } };
  const library = koffi.load(null);
  libc = {
    socket: library.func("int socket(int, int, int)") as Libc["socket"],
    connect: library.func("int connect(int, void*, uint)") as Libc["connect"],
    send: library.func("long send(int, void*, size_t, int)") as Libc["send"],
    close: library.func("int close(int)") as Libc["close"],
  };
  return libc;
}

function connectUnix(path: string): number | undefined {
  const address = Buffer.alloc(pathOffset + pathSize);
  if (Buffer.byteLength(path) >= pathSize) return undefined;
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, pathOffset);
  const fd = calls().socket(AF_UNIX, datagramType, 0);
  if (fd < 0) return undefined;
  if (calls().connect(fd, address, address.length) === 0) return fd;
  calls().close(fd);
  return undefined;
}

/** A unix datagram socket such as /dev/log. A syslog daemon that was started anew is found again with the next message. */
class UnixSyslog implements SyslogTarget {
  readonly #path: string;
  #fd: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  send(text: string): void {
    const bytes = Buffer.from(text);
    for (let attempt = 0; attempt < 2; attempt++) {
      this.#fd ??= connectUnix(this.#path);
      if (this.#fd === undefined || calls().send(this.#fd, bytes, bytes.length, MSG_NOSIGNAL) >= 0) return;
      this.close();
    }
  }

  close(): void {
    if (this.#fd !== undefined) calls().close(this.#fd);
    this.#fd = undefined;
  }
}

function udp(host: string, port: number): SyslogTarget {
  const { createSocket } = lazyBuiltin("node:dgram") as typeof Datagram;
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.on("error", () => {});
  socket.unref();
  return {
    send: (text) => socket.send(text, port, host, () => {}),
    close: () => socket.close(),
  };
}

/** Opens a target by its method: `unix:FILE` or `udp:IP:PORT`; undefined where there is nobody to send to. */
export function openSyslog(method: string): SyslogTarget | undefined {
  const address = /^udp:(.*):(\d+)$/.exec(method);
  if (address) return udp(address[1]!.replace(/^\[|\]$/g, ""), Number(address[2]));
  const path = /^unix:(.*)$/.exec(method)?.[1];
  return path !== undefined && existsSync(path) ? new UnixSyslog(path) : undefined;
}

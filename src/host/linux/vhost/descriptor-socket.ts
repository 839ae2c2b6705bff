import { Memory } from "../memory.js";
import * as sys from "../syscalls.js";

const AF_UNIX = 1;
const SOCK_STREAM_NONBLOCK_CLOEXEC = 0x80801;
const SOCK_NONBLOCK_CLOEXEC = 0x80800;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CTRUNC = 0x8;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
const EINTR = 4;
const EAGAIN = 11;
const EMFILE = 24;
const ENAMETOOLONG = 36;
const ECONNREFUSED = 111;

/** Descriptors that one message can bring. */
export const MAX_DESCRIPTORS = 16;
const CMSG_HEADER = 16;

/* The block of memory that a call is described in: struct msghdr, struct iovec, control data, bytes. */
const IOVEC_AT = 64;
const CONTROL_AT = 128;
const CONTROL = CMSG_HEADER + 4 * MAX_DESCRIPTORS;
const DATA_AT = 256;
const DATA = 8192 - DATA_AT;

/** struct sockaddr_un. Throws `HostError` where the path is too long for one. */
function unixAddress(path: string): Uint8Array {
  const name = new TextEncoder().encode(path);
  if (name.length > 107) throw sys.hostError(path, ENAMETOOLONG);
  const address = new Uint8Array(2 + name.length + 1);
  address[0] = AF_UNIX;
  address.set(name, 2);
  return address;
}

/** What `DescriptorSocket.receive` says when there is nothing to give. */
export type Received = { readonly bytes: Uint8Array; readonly descriptors: readonly number[] } | "nothing" | "ended";

/** A connected unix stream socket that descriptors can be passed through. Never blocks. */
export class DescriptorSocket {
  readonly fd: number;
  readonly #memory: Memory = Memory.anonymous(8192);

  constructor(fd: number) {
    this.fd = fd;
    const memory = this.#memory;
    memory.putAddress(16, memory, IOVEC_AT);
    memory.view.setUint32(24, 1, true);
    memory.putAddress(32, memory, CONTROL_AT);
    memory.putAddress(IOVEC_AT, memory, DATA_AT);
  }

  /** Connects to a listening socket. Throws `HostError`: `ENOENT`, `ECONNREFUSED`, … */
  static connect(path: string): DescriptorSocket {
    const address = unixAddress(path);
    const fd = sys.check(sys.socket(AF_UNIX, SOCK_STREAM_NONBLOCK_CLOEXEC, 0), "unix socket");
    if (sys.connect(fd, address, address.length) < 0) {
      const error = sys.hostError(path);
      sys.close(fd);
      throw error;
    }
    return new DescriptorSocket(fd);
  }

  /** Receives up to `length` bytes and the descriptors that come with them; those are the caller's. Throws `HostError`. */
  receive(length: number): Received {
    const { view } = this.#memory;
    view.setUint32(IOVEC_AT + 8, Math.min(length, DATA), true);
    view.setUint32(40, CONTROL, true);
    view.setUint32(48, 0, true);
    const got = sys.recvmsg(this.fd, this.#memory.address, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) {
      const error = sys.errno();
      if (error === EAGAIN || error === EINTR) return "nothing";
      throw sys.hostError("vhost-user socket", error);
    }
    const descriptors: number[] = [];
    const end = CONTROL_AT + view.getUint32(40, true);
    for (let at = CONTROL_AT; at + CMSG_HEADER <= end; ) {
      const size = view.getUint32(at, true);
      if (size < CMSG_HEADER || at + size > end) break;
      if (view.getInt32(at + 8, true) === SOL_SOCKET && view.getInt32(at + 12, true) === SCM_RIGHTS)
        for (let fd = at + CMSG_HEADER; fd + 4 <= at + size; fd += 4) descriptors.push(view.getInt32(fd, true));
      at += (size + 7) & ~7;
    }
    const isCut = (view.getUint32(48, true) & MSG_CTRUNC) !== 0;
    if (isCut || got === 0) {
      for (const fd of descriptors) sys.close(fd);
      // There were too many, or this process may have no more.
      if (isCut) throw sys.hostError("vhost-user descriptors", EMFILE);
      return "ended";
    }
    return { bytes: this.#memory.bytes.slice(DATA_AT, DATA_AT + got), descriptors };
  }

  /** Sends a short message whole, with descriptors. Throws `HostError`; `EAGAIN` where the peer does not read. */
  send(bytes: Uint8Array, descriptors: readonly number[] = []): void {
    const { view } = this.#memory;
    this.#memory.bytes.set(bytes, DATA_AT);
    view.setUint32(IOVEC_AT + 8, bytes.length, true);
    const control = descriptors.length === 0 ? 0 : CMSG_HEADER + 4 * descriptors.length;
    view.setUint32(40, control, true);
    view.setBigUint64(CONTROL_AT, BigInt(control), true);
    view.setInt32(CONTROL_AT + 8, SOL_SOCKET, true);
    view.setInt32(CONTROL_AT + 12, SCM_RIGHTS, true);
    for (const [i, fd] of descriptors.entries()) view.setInt32(CONTROL_AT + CMSG_HEADER + 4 * i, fd, true);
    const sent = sys.sendmsg(this.fd, this.#memory.address, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent !== bytes.length) throw sys.hostError("vhost-user socket", sent < 0 ? sys.errno() : EAGAIN);
  }

  close(): void {
    sys.close(this.fd);
    this.#memory.release();
  }
}

/** True where somebody listens at `path`, or might. */
function isTaken(path: string): boolean {
  try {
    DescriptorSocket.connect(path).close();
    return true;
  } catch (error) {
    return (error as { errno?: number }).errno !== ECONNREFUSED;
  }
}

/**
 * Listens at `path`; what is there and does not answer, such as a socket that an earlier process has left behind, is taken away by `remove`. Returns the descriptor. Throws
 * `HostError`: `EADDRINUSE` where somebody else listens there.
 */
export function listenAt(path: string, remove: (path: string) => void): number {
  const address = unixAddress(path);
  const fd = sys.check(sys.socket(AF_UNIX, SOCK_STREAM_NONBLOCK_CLOEXEC, 0), "unix socket");
  try {
    if (sys.bind(fd, address, address.length) < 0) {
      const error = sys.hostError(path);
      if (error.code !== "EADDRINUSE" || isTaken(path)) throw error;
      remove(path);
      sys.check(sys.bind(fd, address, address.length), path);
    }
    sys.check(sys.listen(fd, 4), path);
    return fd;
  } catch (error) {
    sys.close(fd);
    throw error;
  }
}

/** The next waiting connection of a listening socket. */
export function acceptFrom(fd: number): DescriptorSocket | undefined {
  const accepted = sys.accept4(fd, null, null, SOCK_NONBLOCK_CLOEXEC);
  return accepted < 0 ? undefined : new DescriptorSocket(accepted);
}

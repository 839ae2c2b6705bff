import koffi from "koffi";
import { errnoName, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";

/** A pointer argument: an address (a number is exact below 2^53, and user addresses are), memory of JavaScript for the call's time, or null. */
export type Pointer = number | bigint | Uint8Array | null;

/** The process itself: its C library's symbols, whichever library that is. */
const libc = koffi.load(null);

function declare<F>(prototype: string): F {
  return libc.func(prototype) as unknown as F;
}

/** Numbers of calls that the C library has no wrapper of. */
const numbers =
  process.arch === "arm64" || process.arch === "riscv64"
    ? { bpf: 280, ioSetup: 0, ioDestroy: 1, ioSubmit: 2 }
    : { bpf: 321, ioSetup: 206, ioDestroy: 207, ioSubmit: 209 };

/*
 * The calls, as in their manual pages. They give -1 on failure, and then `errno()` says why until the next call. Addresses that the
 * forwarding path passes are declared as integers, since that spares a conversion.
 */
export const open: (path: string, flags: number, mode: number) => number = declare("int open(const char*, int, int)");
export const close: (fd: number) => number = declare("int close(int)");
export const read: (fd: number, at: number, size: number) => number = declare("long read(int, int64, size_t)");
export const write: (fd: number, at: Pointer, size: number) => number = declare("long write(int, void*, size_t)");
export const writev: (fd: number, iov: number, count: number) => number = declare("long writev(int, int64, int)");
export const ioctl: (fd: number, request: number, at: Pointer) => number = declare("int ioctl(int, ulong, void*)");
/** ioctl(2) whose argument is a number, not a pointer. */
export const ioctlNumber: (fd: number, request: number, value: number) => number =
  declare("int ioctl(int, ulong, int64)");
export const poll: (fds: number, count: number, timeout: number) => number = declare("int poll(int64, ulong, int)");
export const eventfd: (initial: number, flags: number) => number = declare("int eventfd(uint, int)");
const mapMemory: (at: null, size: number, protection: number, flags: number, fd: number, offset: number) => unknown =
  declare("void* mmap(void*, size_t, int, int, int, long)");
export const munmap: (at: Pointer, size: number) => number = declare("int munmap(void*, size_t)");
export const socket: (domain: number, type: number, protocol: number) => number = declare("int socket(int, int, int)");
export const bind: (fd: number, address: Uint8Array, size: number) => number = declare("int bind(int, void*, uint)");
export const connect: (fd: number, address: Uint8Array, size: number) => number = declare(
  "int connect(int, void*, uint)",
);
export const setsockopt: (fd: number, level: number, option: number, value: Pointer, size: number) => number = declare(
  "int setsockopt(int, int, int, void*, uint)",
);
export const getsockopt: (fd: number, level: number, option: number, value: Uint8Array, size: Uint8Array) => number =
  declare("int getsockopt(int, int, int, void*, void*)");
export const send: (fd: number, at: Pointer, size: number, flags: number) => number = declare(
  "long send(int, void*, size_t, int)",
);
export const recv: (fd: number, at: Pointer, size: number, flags: number) => number = declare(
  "long recv(int, void*, size_t, int)",
);
export const sendmmsg: (fd: number, messages: number, count: number, flags: number) => number = declare(
  "int sendmmsg(int, int64, uint, int)",
);
export const recvmmsg: (fd: number, messages: number, count: number, flags: number, timeout: number) => number =
  declare("int recvmmsg(int, int64, uint, int, int64)");
export const recvmsg: (fd: number, message: number, flags: number) => number = declare("long recvmsg(int, int64, int)");
export const sendmsg: (fd: number, message: number, flags: number) => number = declare("long sendmsg(int, int64, int)");
export const listen: (fd: number, backlog: number) => number = declare("int listen(int, int)");
export const accept4: (fd: number, address: null, size: null, flags: number) => number = declare(
  "int accept4(int, void*, void*, int)",
);
export const fcntl: (fd: number, command: number, value: number) => number = declare("int fcntl(int, int, int)");
export const epollCreate: (flags: number) => number = declare("int epoll_create1(int)");
export const epollControl: (fd: number, operation: number, target: number, event: Uint8Array) => number = declare(
  "int epoll_ctl(int, int, int, void*)",
);
export const epollWait: (fd: number, events: number, count: number, timeout: number) => number = declare(
  "int epoll_wait(int, int64, int, int)",
);
export const memfdCreate: (name: string, flags: number) => number = declare("int memfd_create(const char*, uint)");
export const setns: (fd: number, type: number) => number = declare("int setns(int, int)");
export const unshare: (flags: number) => number = declare("int unshare(int)");
/** sched_getaffinity(2) and sched_setaffinity(2); process 0 is the calling thread. */
export const schedGetAffinity: (process: number, size: number, set: Uint8Array) => number = declare(
  "int sched_getaffinity(int, size_t, void*)",
);
export const schedSetAffinity: (process: number, size: number, set: Uint8Array) => number = declare(
  "int sched_setaffinity(int, size_t, void*)",
);
export const mount: (source: string, target: string, type: string, flags: number, data: string) => number = declare(
  "int mount(const char*, const char*, const char*, ulong, const char*)",
);
export const unmount: (target: string, flags: number) => number = declare("int umount2(const char*, int)");
const syscall: (number: number, command: number, attribute: Pointer, size: number) => number = declare(
  "long syscall(long, int, void*, uint)",
);

/** mmap(2) at an address of the kernel's choice, which is returned; all ones (-1) on failure. */
export function mmap(size: number, protection: number, flags: number, fd: number, offset: number): bigint {
  return koffi.address(mapMemory(null, size, protection, flags, fd, offset));
}

/** bpf(2): `attribute` is a union bpf_attr of `attribute.length` bytes. */
export function bpf(command: number, attribute: Uint8Array): number {
  return syscall(numbers.bpf, command, attribute, attribute.length);
}

const syscallSetup: (number: number, requests: number, context: Uint8Array) => number = declare(
  "long syscall(long, long, void*)",
);
const syscallAio: (number: number, context: number, count: number, requests: number) => number = declare(
  "long syscall(long, int64, long, int64)",
);

/** io_setup(2): the address of the context, which is also that of its ring of events; -1 on failure. */
export function ioSetup(requests: number): number {
  const context = new BigUint64Array(1);
  const made = syscallSetup(numbers.ioSetup, requests, new Uint8Array(context.buffer));
  return made < 0 ? made : Number(context[0]);
}

/** io_submit(2): `requests` is the address of `count` addresses. Returns how many were taken. */
export function ioSubmit(context: number, count: number, requests: number): number {
  return syscallAio(numbers.ioSubmit, context, count, requests);
}

/** io_destroy(2). The context's ring is unmapped. */
export function ioDestroy(context: number): number {
  return syscallAio(numbers.ioDestroy, context, 0, 0);
}

const syscallBpf: (number: number, command: number, attribute: number, size: number) => number = declare(
  "long syscall(long, int, int64, uint)",
);

/** bpf(2) with a union bpf_attr at an address. */
export function bpfAt(command: number, address: number, size: number): number {
  return syscallBpf(numbers.bpf, command, address, size);
}

/** Why the last call of this thread failed. */
export function errno(): number {
  return koffi.errno();
}

/** Memory of another owner (a mapping) as an ArrayBuffer. It must outlive every view of it. */
export function memoryAt(address: bigint, size: number): ArrayBuffer {
  return koffi.view(address, size);
}

/** The error for a failed call; `error` is the errno, by default the last one. */
export function hostError(tried: string, error: number = errno()): HostError {
  return new HostError(tried, errnoName(error), error, errnoText(error));
}

/** Passes a result on; throws `HostError` for a negative one. */
export function check(result: number, tried: string): number {
  if (result < 0) throw hostError(tried);
  return result;
}

/** Event-loop readiness of any descriptor. Its handle must be kept (garbage collection ends it) and stopped before exit. */
export interface Readiness {
  stop(): void;
}

/** Handles in use, kept from the garbage collector. */
const polled = new Set<Readiness>();

/** Calls back on the event loop each time `fd` can be read, until stopped. What the callback throws is rethrown from the loop. */
export function onReadable(fd: number, handler: () => void): Readiness {
  const handle = koffi.node.poll(fd, { readable: true }, () => {
    try {
      handler();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  });
  handle.unref();
  const readiness = {
    stop: () => {
      handle.stop();
      handle.close();
      polled.delete(readiness);
    },
  };
  polled.add(readiness);
  return readiness;
}

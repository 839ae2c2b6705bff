import type { TapHandle, TapSource } from "../net.js";
import * as sys from "./syscalls.js";

const O_RDWR = 2;
const O_NONBLOCK = 0x800;
const O_CLOEXEC = 0x80000;

const IFF_TAP = 0x2;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFF_MULTI_QUEUE = 0x100;
const EINVAL = 22;

/** ioctl numbers of linux/if_tun.h. */
const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETVNETHDRSZ = 0x400454d8;

const TUN_F_CSUM = 1;
const TUN_F_TSO4 = 2;
const TUN_F_TSO6 = 4;
const TUN_F_TSO_ECN = 8;
const TUN_F_USO4 = 0x20;
const TUN_F_USO6 = 0x40;
const TCP_OFFLOADS = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

/** Length of struct virtio_net_hdr, which comes before every frame. */
const VNET_HEADER = 10;

/** struct ifreq: a name of up to 15 bytes, then the flags. */
function ifreq(name: string, flags: number): Uint8Array {
  const bytes = new Uint8Array(40);
  bytes.set(new TextEncoder().encode(name.slice(0, 15)));
  new DataView(bytes.buffer).setUint16(16, flags, true);
  return bytes;
}

export interface TapOptions {
  readonly persist: boolean;
  readonly existed: boolean;
  /** Receive queues wanted, at least 1. */
  readonly queues: number;
}

/** Makes a descriptor a queue of the device. */
function attachQueue(fd: number, name: string, isMulti: boolean): boolean {
  const flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (isMulti ? IFF_MULTI_QUEUE : 0);
  return sys.ioctl(fd, TUNSETIFF, ifreq(name, flags)) >= 0;
}

function openQueue(): number {
  return sys.check(sys.open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC, 0), "/dev/net/tun");
}

/**
 * Opens as many queues of the device as are wanted. One that is there already keeps the kind it was made with: then it has one queue, or takes
 * several even where one is wanted.
 */
function openQueues(name: string, { existed, queues }: TapOptions): number[] {
  const fds = [openQueue()];
  try {
    const wantsMulti = queues > 1;
    let isMulti = wantsMulti;
    if (!attachQueue(fds[0]!, name, isMulti)) {
      const errno = sys.errno();
      isMulti = !wantsMulti;
      if (errno !== EINVAL || !existed || !attachQueue(fds[0]!, name, isMulti))
        throw sys.hostError(`tap device ${name}`, errno);
    }
    while (isMulti && fds.length < queues) {
      const fd = openQueue();
      fds.push(fd);
      if (!attachQueue(fd, name, true)) throw sys.hostError(`tap device ${name}, queue ${fds.length - 1}`);
    }
    return fds;
  } catch (error) {
    for (const fd of fds) sys.close(fd);
    throw error;
  }
}

/**
 * Opens (makes) a TAP device, in the calling thread's network namespace. `describe` gives its ifindex and MTU once it is there.
 * Throws `HostError`: `EPERM`, `EBUSY` where another process has it, `EINVAL` where a device of another kind has the name, `E2BIG` for too many queues.
 */
export function openTap(
  name: string,
  options: TapOptions,
  describe: () => { readonly ifindex: number; readonly mtu: number },
): Omit<TapSource, "follow"> & { readonly frames: TapHandle } {
  const fds = openQueues(name, options);
  const close = (): void => {
    for (const fd of fds) sys.close(fd);
  };
  const fd = fds[0]!;
  try {
    const size = new Uint8Array(Int32Array.of(VNET_HEADER).buffer);
    sys.check(sys.ioctl(fd, TUNSETVNETHDRSZ, size), `tap device ${name} vnet header`);
    // Kernels before 6.2 know no UDP segmentation; all know the rest.
    if (sys.ioctlNumber(fd, TUNSETOFFLOAD, TCP_OFFLOADS | TUN_F_USO4 | TUN_F_USO6) < 0)
      sys.check(sys.ioctlNumber(fd, TUNSETOFFLOAD, TCP_OFFLOADS), `tap device ${name} offloads`);
    if (options.persist) sys.check(sys.ioctlNumber(fd, TUNSETPERSIST, 1), `tap device ${name} persistence`);
    const { ifindex, mtu } = describe();
    return {
      frames: { kind: "tap", name, ifindex, mtu, queues: fds.length, fds },
      created: !options.existed,
      close,
      remove: () => {
        // By the descriptor: the device may have another name or namespace by now.
        sys.ioctlNumber(fd, TUNSETPERSIST, 0);
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Has an open TAP's device stay when the last descriptor is closed. Throws `HostError`. */
export function stayAfterwards(fd: number): void {
  sys.check(sys.ioctlNumber(fd, TUNSETPERSIST, 1), "tap device persistence");
}

const TUNGETIFF = 0x800454d2;
const TUNGETDEVNETNS = 0x54e3;

/** The present name of an open TAP's device; undefined where the device has been deleted. */
export function tapName(fd: number): string | undefined {
  const request = ifreq("", 0);
  if (sys.ioctl(fd, TUNGETIFF, request) < 0) return undefined;
  return new TextDecoder().decode(request.subarray(0, request.indexOf(0)));
}

/** A new descriptor of the network namespace that an open TAP's device is in (Linux 5.7); undefined where it cannot be had. */
export function tapNamespace(fd: number): number | undefined {
  const namespace = sys.ioctlNumber(fd, TUNGETDEVNETNS, 0);
  return namespace < 0 ? undefined : namespace;
}

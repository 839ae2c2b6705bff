import * as sys from "./syscalls.js";

const AF_PACKET = 17;
const SOCK_RAW_NONBLOCK_CLOEXEC = 0x80803;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_STATISTICS = 6;
const PACKET_AUXDATA = 8;
const PACKET_VNET_HDR = 15;
const PACKET_QDISC_BYPASS = 20;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;
const ETH_P_ALL = 3;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

/** Enough for the frames of a TCP window that waits for the other side. */
const BUFFER = 16 << 20;

function i32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

function setOption(fd: number, option: number, value: number, tried: string): void {
  sys.check(sys.setsockopt(fd, SOL_PACKET, option, i32(value), 4), tried);
}

/** Asks for a larger buffer than the limit, and for the limit where that is not allowed. */
function setBuffer(fd: number, force: number, polite: number): void {
  if (sys.setsockopt(fd, SOL_SOCKET, force, i32(BUFFER), 4) < 0) sys.setsockopt(fd, SOL_SOCKET, polite, i32(BUFFER), 4);
}

/** A reserved EtherType (IEEE): no frame has it. Zero would not do, since it means "as before". */
const ETH_P_NONE = 0xffff;

function bindTo(fd: number, ifindex: number, protocol: number): void {
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, protocol);
  view.setInt32(4, ifindex, true);
  sys.check(sys.bind(fd, address, address.length), "packet socket bind");
}

/** From now on the socket receives every frame of its link. Throws `HostError`. */
export function startReceiving(fd: number, ifindex: number): void {
  bindTo(fd, ifindex, ETH_P_ALL);
}

/** The socket receives nothing more, and forgets what it has. Throws `HostError` where the link has gone. */
export function stopReceiving(fd: number, ifindex: number): void {
  bindTo(fd, ifindex, ETH_P_NONE);
  const byte = new Uint8Array(16);
  while (sys.recv(fd, byte, byte.length, MSG_DONTWAIT | MSG_TRUNC) >= 0);
}

/**
 * From now on the socket's frames go to the device directly, or else the way of the host's own, by the link's queueing discipline, which cuts
 * segments that the device cannot.
 */
export function setDirect(fd: number, isDirect: boolean): void {
  sys.setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, i32(isDirect ? 1 : 0), 4);
}

const SIOCGIFNAME = 0x8910;
const SIOCGIFFLAGS = 0x8913;
const IFF_RUNNING = 0x40;

/** True where a link can send: it is up, and so is what it leads to. A link that has gone cannot. */
export function isRunning(fd: number, ifindex: number): boolean {
  // struct ifreq: the name, then the number or the flags.
  const request = new Uint8Array(40);
  const view = new DataView(request.buffer);
  view.setInt32(16, ifindex, true);
  if (sys.ioctl(fd, SIOCGIFNAME, request) < 0 || sys.ioctl(fd, SIOCGIFFLAGS, request) < 0) return false;
  return (view.getUint16(16, true) & IFF_RUNNING) !== 0;
}

/** Frames that the socket's full buffer lost since the last call. */
export function takeLost(fd: number): number {
  const statistics = new Uint8Array(8);
  const size = new Uint8Array(Uint32Array.of(statistics.length).buffer);
  if (sys.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, statistics, size) < 0) return 0;
  return new DataView(statistics.buffer).getUint32(4, true);
}

/**
 * An AF_PACKET socket on a link of the calling thread's namespace: each frame behind a virtio_net_hdr, non-blocking, sending past
 * the qdisc, promiscuous while open, receiving nothing until bound to (packet(7)). Throws `HostError`.
 */
export function openPacketSocket(name: string, ifindex: number): number {
  const fd = sys.check(sys.socket(AF_PACKET, SOCK_RAW_NONBLOCK_CLOEXEC, 0), "packet socket");
  try {
    setOption(fd, PACKET_VNET_HDR, 1, "packet socket vnet header");
    setOption(fd, PACKET_QDISC_BYPASS, 1, "packet socket qdisc bypass");
    setOption(fd, PACKET_AUXDATA, 1, "packet socket auxiliary data");
    setOption(fd, PACKET_IGNORE_OUTGOING, 1, "packet socket ignore outgoing");
    setBuffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
    setBuffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
    bindTo(fd, ifindex, 0);
    const membership = new Uint8Array(16);
    const view = new DataView(membership.buffer);
    view.setInt32(0, ifindex, true);
    view.setUint16(4, PACKET_MR_PROMISC, true);
    sys.check(sys.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership, 16), `promiscuous mode of ${name}`);
    return fd;
  } catch (error) {
    sys.close(fd);
    throw error;
  }
}

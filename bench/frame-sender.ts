import { Memory } from "../src/host/linux/memory.js";
import { LinuxNetHost } from "../src/host/linux/net-host.js";
import * as sys from "../src/host/linux/syscalls.js";

const BATCH = 64;
const FRAME = 60;
const MAX_FLOWS = 4096;

function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
}

function guestAddresses(flow: number): UdpAddresses {
  return { source: [10, 77, 0, 1], sourcePort: 1000 + flow, destinationPort: 2000 };
}

/** Where a frame of UDP says it comes from and goes to. */
export interface UdpAddresses {
  readonly source: readonly [number, number, number, number];
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** A 60-byte UDP frame to 10.77.0.2 between two MAC addresses; `from` is its addresses or, with those of the guests, what is added to source port 1000. */
export function udpFrame(source: string, destination: string, from: UdpAddresses | number): Uint8Array {
  const at = typeof from === "number" ? guestAddresses(from) : from;
  const frame = new Uint8Array(FRAME);
  const view = new DataView(frame.buffer);
  frame.set(macBytes(destination), 0);
  frame.set(macBytes(source), 6);
  view.setUint16(12, 0x0800);
  frame.set([0x45, 0, 0, FRAME - 14, 0, 0, 0, 0, 64, 17, 0, 0, ...at.source, 10, 77, 0, 2], 14);
  view.setUint16(34, at.sourcePort);
  view.setUint16(36, at.destinationPort);
  view.setUint16(38, FRAME - 34);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += view.getUint16(14 + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(24, ~sum & 0xffff);
  return frame;
}

/**
 * Sends small frames on `eth0` as fast as one thread can, spread over `flows` UDP source ports, and returns how many. With 0 flows no two frames have the
 * same ports.
 */
export function sendSmallFrames(source: string, destination: string, seconds: number, flows: number): number {
  const net = new LinuxNetHost();
  const fd = sys.check(sys.socket(17, 3, 0), "packet socket");
  sys.setsockopt(fd, 263, 20, new Uint8Array(Int32Array.of(1).buffer), 4); // PACKET_QDISC_BYPASS
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, 17, true);
  view.setInt32(4, net.link("eth0")!.ifindex, true);
  sys.check(sys.bind(fd, address, 20), "bind");
  const messages = Math.max(BATCH, Math.min(flows, MAX_FLOWS));
  const memory = Memory.anonymous(messages * (64 + 128) + 4096);
  const headers = memory.take(messages * 64);
  const ports: number[] = [];
  for (let i = 0; i < messages; i++) {
    const iovec = memory.take(16, 16);
    const frame = memory.take(FRAME);
    ports.push(frame + 34);
    memory.bytes.set(udpFrame(source, destination, flows === 0 ? i : i % flows), frame);
    memory.putAddress(iovec, memory, frame);
    memory.view.setUint32(iovec + 8, FRAME, true);
    memory.putAddress(headers + i * 64 + 16, memory, iovec);
    memory.view.setUint32(headers + i * 64 + 24, 1, true);
  }
  const end = performance.now() + seconds * 1000;
  let sent = 0;
  let unique = 0;
  for (let at = 0; performance.now() < end; at = (at + BATCH) % (messages - BATCH + 1)) {
    if (flows === 0) {
      for (let i = 0; i < BATCH; i++) memory.view.setUint32(ports[at + i]!, 0x10001000 + unique++);
    }
    const count = sys.sendmmsg(fd, memory.address + headers + at * 64, BATCH, 0);
    if (count > 0) sent += count;
  }
  sys.close(fd);
  net.close();
  return sent;
}

import { spawnSync } from "node:child_process";
import type { Device } from "#datapath/device.js";
import { KernelTable } from "#datapath/kernel/kernel-table.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { compileActions } from "#datapath/userspace/compile.js";
import type { EngineFlow } from "#datapath/userspace/engine.js";
import { FlowSlots } from "#datapath/userspace/flow-slots.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { shapeOf } from "#flow/shape.js";
import { LinuxCaptureRings } from "../src/host/linux/capture-rings.js";
import { LinuxForwardMaps } from "../src/host/linux/forward-maps.js";
import { hideLink } from "../src/host/linux/hide.js";
import { createNamespace, type NetworkNamespace } from "../src/host/linux/namespaces.js";
import { LinuxNetHost } from "../src/host/linux/net-host.js";
import { NodeClock } from "../src/host/node/clock.js";
import { type Guest, makeGuest } from "./guests.js";

/** Guests at veths of one namespace, whatever joins these; what arrives at a guest is counted and thrown away. */
export interface Bed {
  readonly home: NetworkNamespace;
  readonly guests: readonly Guest[];
  /** Of the first guest's port. */
  readonly ifindex: number;
  /** Frames that have arrived at all guests. */
  received(): number;
  close(): void;
}

/** Makes guests, and has `join` join their ports and tell how that is undone. */
export function makeBed(
  name: string,
  count: number,
  join: (net: LinuxNetHost, ports: readonly string[], home: NetworkNamespace) => () => void,
): Bed {
  const home = createNamespace();
  const guests = Array.from({ length: count }, (_, i) => makeGuest(`${name}${i}`, i + 1, home));
  const net = new LinuxNetHost(home);
  const ports = guests.map(({ port }) => port);
  const part = join(net, ports, home);
  const hidden = guests.map((guest) => guest.within(() => hideLink("eth0", new LinuxNetHost().link("eth0")!.ifindex)));
  return {
    home,
    guests,
    ifindex: net.link(ports[0]!)!.ifindex,
    received: () => guests.reduce((sum, guest) => sum + guest.received(), 0),
    close() {
      part();
      for (const [i, guest] of guests.entries()) {
        guest.within(() => hidden[i]!.release());
        guest.remove();
      }
      net.close();
      home.close();
    },
  };
}

/** Joins ports by nothing: frames are received and thrown away. */
export function joinNothing(net: LinuxNetHost, ports: readonly string[]): () => void {
  const sources = ports.map((port) => net.capture(port, { input: "socket" }));
  return () => {
    for (const source of sources) source.close();
  };
}

/** Joins ports by the kernel's bridge, on which the first guest's addresses are known. */
export function joinBridge(_net: LinuxNetHost, ports: readonly string[], home: NetworkNamespace): () => void {
  const run = (...args: string[]): void => {
    const result = spawnSync("nsenter", [`--net=/proc/${process.pid}/fd/${home.fd}`, ...args], { encoding: "utf8" });
    if (result.status !== 0) throw new Error(`${args.join(" ")}: ${result.stderr}`);
  };
  // Where the module is loaded, packets of bridges pass netfilter, too.
  run("sh", "-c", "for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $f ] || echo 0 > $f; done");
  run("ip", "link", "add", "wbridge", "type", "bridge", "mcast_snooping", "0");
  for (const port of ports) run("ip", "link", "set", port, "master", "wbridge");
  run("ip", "link", "set", "wbridge", "up");
  return () => undefined;
}

/** Ports joined by Weft's forwarding program; numbers of ports begin with 1. */
export class ForwardedPorts {
  readonly #table: KernelTable;
  readonly #slots = new FlowSlots();
  readonly #close: () => void;
  #flows = 0;
  readonly #put: EngineFlow[] = [];
  #ports = 0;
  readonly maps: LinuxForwardMaps;
  /** Milliseconds that loading a port's program takes. */
  readonly loadTime: number;
  /** With the program that all share. */
  readonly firstLoadTime: number;

  constructor(net: LinuxNetHost, ports: readonly string[]) {
    const rings = new LinuxCaptureRings();
    const ring = rings.open();
    this.maps = new LinuxForwardMaps(rings, net);
    const fail = (text: string): void => {
      throw new Error(text);
    };
    this.#table = new KernelTable(
      this.maps,
      new NodeClock(),
      fail,
      () => net.packetListeners(),
      (index) => this.#put[index]!,
    );
    const sources = ports.map((port) => net.capture(port));
    const times: number[] = [];
    for (const [i, { frames }] of sources.entries()) {
      const device = { frames, info: () => ({ mtu: 1500, up: true }), directWay: () => net.directWay(frames.name) };
      this.#table.addPort(i + 1, device as unknown as Device);
      this.#ports = i + 1;
      const before = performance.now();
      if (frames.kind === "capture") this.#table.feed(frames, [{ ring, place: ring.takePlace() }]);
      times.push(performance.now() - before);
    }
    this.loadTime = Math.min(...times);
    this.firstLoadTime = times[0]!;
    this.#close = () => {
      for (const source of sources) source.close();
      this.#table.close();
      ring.close();
    };
  }

  /** Adds a port without frames of its own, and gives its number. */
  add(device: Device): number {
    this.#table.addPort(++this.#ports, device);
    return this.#ports;
  }

  /** Puts a flow in whose mask is whole in the bits of `mask`. */
  put(key: Readonly<Record<number, number>>, mask: Readonly<Record<number, number>>, actions: string): void {
    const [words, bits] = [newKey(), newKey()];
    for (const [word, value] of Object.entries(mask)) bits[Number(word)] = value;
    for (const [word, value] of Object.entries(key)) words[Number(word)] = value;
    const program = compileActions(parseDatapathActions(actions), words as FlowKey);
    const [shape, slot] = [shapeOf(bits), this.#slots.take()];
    const readKey = (into: FlowKey): FlowKey => {
      into.set(words);
      return into;
    };
    const flow = { index: this.#flows++, shape, program, slot, readKey };
    this.#put[flow.index] = flow;
    this.#table.put(flow);
    this.#table.placeAll();
  }

  /** Takes all flows out again. Throws where some were not in the kernel. */
  clear(): void {
    if (this.#table.size !== this.#flows) throw new Error(`flows stayed out: ${[...this.#table.reasons()].join("; ")}`);
    this.#table.remove(Array.from({ length: this.#flows }, (_, i) => i));
    this.#flows = 0;
  }

  close(): void {
    this.#close();
  }
}

import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { internalDevices } from "#datapath/devices/internal-device.js";
import { systemDevices } from "#datapath/devices/system-device.js";
import type { Packet } from "#datapath/packet.js";
import { netdevDatapathClass } from "#datapath/userspace/netdev-class.js";
import type { ThreadEngine } from "#datapath/userspace/threads/thread-engine.js";
import type { UserspaceDatapath } from "#datapath/userspace/userspace-datapath.js";
import { usableCores } from "#host/linux/affinity.js";
import { LinuxCaptureRings } from "#host/linux/capture-rings.js";
import { LinuxForwardMaps } from "#host/linux/forward-maps.js";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import { createNamespace, inNamespace } from "#host/linux/namespaces.js";
import { LinuxNetHost } from "#host/linux/net-host.js";
import type { FrameSource } from "#host/net.js";
import { NodeClock } from "#host/node/clock.js";
import { NodeThreads } from "#host/node/threads.js";
import type { Thread } from "#host/threads.js";
import { copyOffload, plainOffload } from "#wire/virtio-net.js";
import type { Bed } from "../contract/datapath.js";
import type { BuiltProgram } from "../support/built-program.js";
import { eventually } from "../support/eventually.js";

/** Nothing more happens when nothing has for so long, in milliseconds. */
const QUIET = 30;

/** A bed that stands on the kernel. */
export interface KernelBed extends Bed {
  /** Warnings and errors. */
  readonly log: string[];
  readonly threads: Thread[];
  readonly datapath: UserspaceDatapath;
  readonly engine: ThreadEngine;
  /** Of the namespace. */
  readonly net: LinuxNetHost;
  /** A command line's beginning that runs the rest beside the test's ends of the ports, which are called `wf` and the port's name. */
  readonly enter: readonly string[];
  /** As `put`, of many frames, which arrive soon after each other. */
  putAll(frames: Iterable<{ readonly port: number; readonly packet: Packet }>): void;
}

/** A netdev datapath with its forwarding thread, its ports veths in a namespace whose other ends are the test's. */
export function kernelBed(worker: BuiltProgram, options: { readonly forwardsInKernel?: boolean } = {}): KernelBed {
  const namespace = createNamespace();
  inNamespace(namespace, () => {
    for (const which of ["default", "all"]) writeFileSync(`/proc/sys/net/ipv6/conf/${which}/disable_ipv6`, "1");
  });
  const net = new LinuxNetHost(namespace);
  const log: string[] = [];
  const node = new NodeThreads(dirname(worker.file));
  const threads: Thread[] = [];
  const start = (entry: string, data: unknown): Thread => {
    const thread = node.start(entry, data);
    threads.push(thread);
    return thread;
  };
  const rings = new LinuxCaptureRings();
  const host = {
    clock: new NodeClock(),
    threads: { start },
    timeOrigin: performance.timeOrigin,
    rings,
    ...(options.forwardsInKernel && { forwardMaps: () => new LinuxForwardMaps(rings, net) }),
    cores: usableCores,
    log: (level: string, text: string) => void (level !== "info" && log.push(text)),
  };
  const netdev = netdevDatapathClass(host, [systemDevices(net), internalDevices(net, "tap")]);
  const datapath = netdev.open("ovs-netdev") as UserspaceDatapath;
  const engine = datapath.engine as ThreadEngine;
  if (options.forwardsInKernel) datapath.setOptions(new Map([["weft-kernel-engine", "true"]]));
  const far = new LinuxFrameIo();
  const sources: FrameSource[] = [];
  const devices: { close(): void }[] = [];
  const received = new Map<number, Packet[]>();
  const receive = (): number => {
    far.wait(0);
    return far.receive(64, (port, memory, at, length, offload) => {
      const own = plainOffload();
      copyOffload(own, offload);
      const packets = received.get(port) ?? [];
      packets.push({ data: memory.slice(at, at + length), offload: own });
      received.set(port, packets);
    });
  };
  return {
    log,
    threads,
    datapath,
    engine,
    net,
    takesAnyFrame: false,
    enter: ["nsenter", `--net=/proc/${process.pid}/fd/${namespace.fd}`],
    addPort(name, requested) {
      // A name that is taken is refused before a device is made.
      const link = `we${name}`;
      if (net.link(link) === undefined) net.createVeth(link, `wf${name}`);
      const device = datapath.portByName(link)?.device ?? netdev.deviceClass("")!.open(link, new Map());
      const number = datapath.addPort(renamed(device, name), requested);
      devices.push(device);
      const other = net.capture(`wf${name}`, { input: "socket" });
      sources.push(other);
      net.setUp(link, true);
      net.setUp(`wf${name}`, true);
      far.attach(number, other.frames);
      return number;
    },
    put(port, { data, offload }) {
      // The frame is to arrive after what was asked for before has taken effect.
      engine.settle();
      far.send(port, data, 0, 0, data, 0, data.length, offload);
      far.flush();
    },
    putAll(frames) {
      engine.settle();
      let waiting = 0;
      for (const { port, packet } of frames) {
        far.send(port, packet.data, 0, 0, packet.data, 0, packet.data.length, packet.offload);
        if (++waiting % 16 > 0) continue;
        far.flush();
        // What comes back finds no room in the sockets otherwise.
        receive();
      }
      far.flush();
    },
    async settle() {
      await eventually(() => engine.isRunning, "the forwarding thread");
      engine.settle();
      let last = "";
      for (let end = performance.now() + QUIET; performance.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        const state = JSON.stringify([datapath.stats(), [...datapath.drops()]]);
        if (receive() > 0 || state !== last) end = performance.now() + QUIET;
        last = state;
      }
    },
    take(port) {
      const packets = received.get(port) ?? [];
      received.delete(port);
      return packets;
    },
    close() {
      datapath.close();
      far.close();
      for (const device of devices) device.close();
      for (const source of sources) source.close();
      net.close();
      namespace.close();
    },
  };
}

/** The device under another name, as the contract's names are shorter than what tells our links from others. */
function renamed<D extends object>(device: D, name: string): D {
  return new Proxy(device, {
    get: (target, property) => {
      if (property === "name") return name;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

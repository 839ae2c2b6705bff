/* TCP over many connections at once through the kernel engine: with a stateful firewall, and without. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { CtAction } from "#datapath/actions.js";
import { Conntrack } from "#datapath/conntrack/conntrack.js";
import { ctStepOf } from "#datapath/conntrack/ct-step.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { Frame } from "#datapath/userspace/frames/frame.js";
import { HeadArena } from "#datapath/userspace/frames/head-arena.js";
import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { CtState, W } from "#flow/layout.js";
import { put16, put32, u32 } from "#util/big-endian.js";
import { plainOffload } from "#wire/virtio-net.js";
import type { LinuxForwardMaps } from "../src/host/linux/forward-maps.js";
import { attachLeases } from "../src/host/linux/lease-memory.js";
import { createNamespace } from "../src/host/linux/namespaces.js";
import { type Guest, makeGuest, tcpThroughput } from "./guests.js";
import { type Bed, ForwardedPorts, joinNothing, makeBed } from "./kernel-bed.js";
import { destinationOf, FrameInjector } from "./kernel-injector.js";
import { frameBetween, leastOf } from "./kernel-packets.js";
import { startOurSwitch } from "./our-switch.js";
import { makeRow, progress, type Row } from "./userspace-pair.js";

const CONNECTIONS = 10_000;
const SECONDS = 3;
const ALL = 0xffffffff;

const firewall = [
  "table=0,priority=100,arp,actions=NORMAL",
  "table=0,priority=50,ip,actions=ct(table=1,zone=1)",
  "table=1,priority=90,ct_state=+trk+est-inv,in_port=1,actions=output:2",
  "table=1,priority=90,ct_state=+trk+est-inv,in_port=2,actions=output:1",
  "table=1,priority=50,ct_state=+trk+new-inv,in_port=1,ip,actions=ct(commit,zone=1),output:2",
  "table=1,priority=0,actions=drop",
];

const open = ["priority=100,arp,actions=NORMAL", "in_port=1,actions=output:2", "in_port=2,actions=output:1"];

/** Takes what comes over all its connections, and says every second line asked for how many bytes that were so far. */
const SINK = `
import resource, select, socket, sys, threading
resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
listener = socket.create_server(("", 7000), backlog=4096)
poll = select.epoll()
poll.register(listener, select.EPOLLIN)
taken, peers = 0, {}
memory = bytearray(1 << 18)
def tell():
    for line in sys.stdin:
        print(taken, len(peers), flush=True)
threading.Thread(target=tell, daemon=True).start()
print("there", flush=True)
while True:
    for fd, _ in poll.poll():
        if fd == listener.fileno():
            peer, _ = listener.accept()
            peer.setblocking(False)
            peers[peer.fileno()] = peer
            poll.register(peer, select.EPOLLIN)
        else:
            try:
                taken += peers[fd].recv_into(memory)
            except BlockingIOError:
                pass
`;

/** Makes so many connections to an address and, for each line, sends over all of them in turn for so many seconds. */
const SOURCE = `
import resource, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
address, count = sys.argv[1], int(sys.argv[2])
peers = []
for _ in range(count):
    peer = socket.create_connection((address, 7000))
    peer.setblocking(False)
    peers.append(peer)
print("there", flush=True)
data = bytes(1 << 13)
for line in sys.stdin:
    end = time.monotonic() + float(line)
    while time.monotonic() < end:
        for peer in peers:
            try:
                peer.send(data)
            except BlockingIOError:
                pass
    print("done", flush=True)
`;

/** A program in a guest that answers each line with one. */
class Talker {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(guest: Guest, script: string, ...args: string[]) {
    const [command, ...enter] = guest.enter;
    this.#child = spawn(command!, [...enter, "python3", "-c", script, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("a guest's program ended");
    return value;
  }

  ask(text: string): Promise<string> {
    this.#child.stdin!.write(`${text}\n`);
    return this.line();
  }

  async end(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}

/** Two guests at a switch with these flows, and connections between them. */
async function begin(name: string, flows: readonly string[]) {
  const home = createNamespace();
  const guests: [Guest, Guest] = [makeGuest(`${name}a`, 1, home), makeGuest(`${name}b`, 2, home)];
  const running = await startOurSwitch(
    home,
    guests.map(({ port }) => port),
    {},
    "system",
  );
  const run = (tool: string, args: readonly string[], input = ""): string => {
    const result = spawnSync(`/usr/bin/${tool}`, args, { encoding: "utf8", input });
    if (result.status !== 0) throw new Error(`${tool} ${args.join(" ")}: ${result.stderr}`);
    return result.stdout;
  };
  const bridge = `unix:${join(running.directory, "br0.mgmt")}`;
  run("ovs-ofctl", ["del-flows", bridge]);
  run("ovs-ofctl", ["add-flows", bridge, "-"], `${flows.join("\n")}\n`);
  const sink = new Talker(guests[1], SINK);
  await sink.line();
  const source = new Talker(guests[0], SOURCE, guests[1].address, String(CONNECTIONS));
  await source.line();
  return {
    guests,
    tracked: (): string =>
      run("ovs-appctl", ["-t", join(running.directory, "vs.ctl"), "--timeout=20", "dpctl/ct-stats-show"]),
    /** Gigabits a second that arrive over all connections. */
    async throughput(): Promise<number> {
      const [before] = (await sink.ask("")).split(" ");
      const began = performance.now();
      await source.ask(String(SECONDS));
      const [after, count] = (await sink.ask("")).split(" ");
      if (Number(count) !== CONNECTIONS) throw new Error(`only ${count} connections`);
      return ((Number(after) - Number(before)) * 8) / (performance.now() - began) / 1e6;
    },
    async stop(): Promise<void> {
      await source.end();
      await sink.end();
      await running.stop();
      for (const guest of guests) guest.remove();
      home.close();
    },
  };
}

/** As many connections of the injected frames, which the kernel follows from then on. */
function track({ leases }: LinuxForwardMaps, bed: Bed): void {
  const connections = new Conntrack(Math.random);
  const now = Number(process.hrtime.bigint()) / 1e6;
  connections.setTime(now);
  connections.lease(attachLeases(leases), now);
  const arena = new HeadArena(new Uint8Array(1 << 16));
  const frame = new Frame(arena);
  const key = newKey();
  const layers = newLayers();
  const step = ctStepOf(parseDatapathActions("ct(commit,zone=1)")[0] as CtAction);
  const bytes = frameBetween(bed);
  for (let i = 0; i < CONNECTIONS; i++) {
    put32(bytes, 30, destinationOf(i));
    put16(bytes, 18, ~i & 0xffff);
    for (let side = 0; side < 2; side++) {
      extractKey(bytes, 0, bytes.length, newKey(), key, layers);
      frame.reset(bytes, 0, bytes.length, plainOffload());
      connections.track(frame, key, step);
      arena.reset();
      const [source, ports] = [u32(bytes, 26), u32(bytes, 34)];
      put32(bytes, 26, u32(bytes, 30));
      put32(bytes, 30, source);
      put32(bytes, 34, ((ports << 16) | (ports >>> 16)) >>> 0);
    }
  }
}

/** What a packet of one of many connections costs beyond bare reception, with a firewall and without. */
async function packetRow(rounds: number): Promise<Row> {
  const row = makeRow(`a packet of ${CONNECTIONS} connections`, "ns", 0, { against: "Weft without a firewall" });
  const injector = new FrameInjector();
  const bare = makeBed("wcp", 2, joinNothing);
  const measure = async (name: string, put: (ports: ForwardedPorts, bed: Bed) => void): Promise<number> => {
    let ports: ForwardedPorts | undefined;
    const bed = makeBed(name, 2, (net, names) => {
      ports = new ForwardedPorts(net, names);
      return () => ports!.close();
    });
    try {
      put(ports!, bed);
      return await leastOf(3 * rounds, injector, bare, bed, CONNECTIONS);
    } finally {
      bed.close();
    }
  };
  const mask = { [W.inPort]: ALL, [W.recircId]: ALL, [W.ethType]: 0xffff, [W.nw]: 0xff0000ff };
  const key = { [W.inPort]: 1, [W.ethType]: 0x0800, [W.nw]: 17 };
  const est = CtState.trk | CtState.est;
  try {
    row.theirs.push(await measure("wcq", (ports) => ports.put(key, mask, "2")));
    row.ours.push(
      await measure("wcr", (ports, bed) => {
        ports.put(key, mask, "ct(zone=1),recirc(1)");
        ports.put({ ...key, [W.recircId]: 1, [W.ctState]: est }, { ...mask, [W.ctState]: est }, "2");
        track(ports.maps, bed);
      }),
    );
  } finally {
    bare.close();
    injector.close();
  }
  return row;
}

/** Throughput over many connections, and of one stream beside them; what a packet costs. */
export async function firewallRows(rounds: number): Promise<readonly Row[]> {
  const packet = await packetRow(rounds);
  const without = { least: 0.9, against: "Weft without a firewall" };
  const all = makeRow(`TCP, ${CONNECTIONS} connections through a firewall`, "Gb/s", 2, without);
  const one = makeRow("TCP, one stream beside them", "Gb/s", 2, without);
  progress("firewall: connections");
  const guarded = await begin("wcg", firewall);
  const bare = await begin("wcn", open);
  try {
    const tracked = Number(/TCP\s*[:=]\s*(\d+)/i.exec(guarded.tracked())?.[1]);
    if (!(tracked >= CONNECTIONS)) throw new Error(`only ${tracked} connections are tracked`);
    // The first round is to get warm.
    for (let i = 0; i <= rounds; i++) {
      progress(`firewall: round ${i + 1} of ${rounds + 1}`);
      for (const [each, which] of [
        [guarded, "ours"],
        [bare, "theirs"],
      ] as const) {
        const many = await each.throughput();
        const single = (await tcpThroughput(each.guests[0], each.guests[1], SECONDS)) / 1e9;
        if (i === 0) continue;
        all[which].push(many);
        one[which].push(single);
      }
    }
  } finally {
    await guarded.stop();
    await bare.stop();
  }
  return [all, one, packet];
}

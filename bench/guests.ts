import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hideLink } from "../src/host/linux/hide.js";
import { createNamespace, inNamespace, type NetworkNamespace } from "../src/host/linux/namespaces.js";
import { LinuxNetHost } from "../src/host/linux/net-host.js";

/** A network namespace with one interface `eth0`, whose other end `port` is in the switch's namespace. */
export interface Guest {
  readonly port: string;
  readonly address: string;
  readonly mac: string;
  /** A command line that runs another one in the guest. */
  readonly enter: readonly string[];
  run(command: string, ...args: string[]): SpawnSyncReturns<string>;
  /** Runs synchronous code of this thread in the guest; sockets that it opens stay there. */
  within<T>(run: () => T): T;
  /** Frames that arrived at `eth0` so far. */
  received(): number;
  /** Throws away what arrives at `eth0` (after it is counted) while `during` runs, so that the guest's own stack costs nothing. */
  discarding<T>(during: () => Promise<T>): Promise<T>;
  remove(): void;
}

function counter(namespace: NetworkNamespace, name: "rxPackets"): number {
  const net = new LinuxNetHost(namespace);
  try {
    return net.link("eth0")?.stats[name] ?? 0;
  } finally {
    net.close();
  }
}

/** Makes a guest with the IPv4 address 10.77.0.`number`/24, joined by the veth `port` to the namespace `home` (the caller's by default). */
export function makeGuest(port: string, number: number, home?: NetworkNamespace): Guest {
  const namespace = createNamespace();
  const net = new LinuxNetHost(home);
  net.createVeth(port, "eth0", namespace.fd);
  net.setUp(port, true);
  const enter = ["nsenter", `--net=/proc/${process.pid}/fd/${namespace.fd}`];
  const run = (command: string, ...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(enter[0]!, [...enter.slice(1), command, ...args], { encoding: "utf8" });
  const address = `10.77.0.${number}`;
  for (const line of ["link set lo up", `addr add ${address}/24 dev eth0`, "link set eth0 up"]) {
    const result = run("ip", ...line.split(" "));
    if (result.status !== 0) throw new Error(`ip ${line}: ${result.stderr}`);
  }
  const guestNet = new LinuxNetHost(namespace);
  const { mac: macBytes, ifindex } = guestNet.link("eth0")!;
  const mac = Buffer.from(macBytes)
    .toString("hex")
    .replace(/..(?=.)/g, "$&:");
  guestNet.close();
  return {
    port,
    address,
    mac,
    enter,
    run,
    within: (inside) => inNamespace(namespace, inside),
    received: () => counter(namespace, "rxPackets"),
    async discarding(during) {
      const hiding = inNamespace(namespace, () => hideLink("eth0", ifindex));
      try {
        return await during();
      } finally {
        inNamespace(namespace, () => hiding.release());
      }
    },
    remove() {
      net.deleteLink(port);
      net.close();
      namespace.close();
    },
  };
}

/** Bits per second of one TCP stream from one guest to another, 0 where it failed. */
export async function tcpThroughput(from: Guest, to: Guest, seconds: number): Promise<number> {
  const port = String(20_000 + Math.floor(inNamespace(undefined, () => process.hrtime()[1]) % 10_000));
  const server = spawn(to.enter[0]!, [...to.enter.slice(1), "iperf3", "-s", "-1", "-p", port], { stdio: "ignore" });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const client = spawn(
    from.enter[0]!,
    [
      ...from.enter.slice(1),
      "iperf3",
      "-c",
      to.address,
      "-p",
      port,
      "-t",
      String(seconds),
      "-J",
      "--connect-timeout",
      "2000",
    ],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  let text = "";
  client.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const limit = setTimeout(() => client.kill("SIGKILL"), seconds * 1000 + 5000);
  await new Promise((resolve) => client.once("exit", resolve));
  clearTimeout(limit);
  server.kill("SIGKILL");
  try {
    return JSON.parse(text).end.sum_received.bits_per_second;
  } catch {
    return 0;
  }
}

/** Frames sent and arrived in `seconds` of 60-byte UDP frames sent as fast as one sender can. */
export function smallFrames(
  from: Guest,
  to: Guest,
  seconds: number,
  flows = 1,
): Promise<{ sent: number; arrived: number; perSecond: number }> {
  return to.discarding(() => sendAndCount(from, to, seconds, flows));
}

async function sendAndCount(
  from: Guest,
  to: Guest,
  seconds: number,
  flows: number,
): Promise<{ sent: number; arrived: number; perSecond: number }> {
  const before = to.received();
  const sender = spawn(
    from.enter[0]!,
    [
      ...from.enter.slice(1),
      process.execPath,
      process.argv[1]!,
      "sender",
      from.mac,
      to.mac,
      String(seconds),
      String(flows),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let text = "";
  sender.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  await new Promise((resolve) => sender.once("exit", resolve));
  const arrived = to.received() - before;
  return { sent: Number(text), arrived, perSecond: arrived / seconds };
}

/** Medians of several figures. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** CPU time of a process so far, in milliseconds of a 100 Hz clock. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Whether the programs that measure are installed. */
export function hasProgram(name: string): boolean {
  try {
    execFileSync("which", [name], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { python } from "./lab-peers.js";
import type { TestNamespace } from "./namespace.js";
import { type Need, program } from "./needs.js";

const script = join(import.meta.dirname, "traffic-ends.py");
const PYTHON = "/usr/bin/python3";
const PORT = "7007";

/** What labs of checked traffic need. */
export const trafficNeeds: readonly Need[] = [python, program("/usr/sbin/ethtool", "ethtool")];

/** Takes traffic in a guest until it is stopped. Resolves when it is there. */
export async function startSink(guest: TestNamespace): Promise<{ stop(): void }> {
  const enter = `--net=/proc/${process.pid}/fd/${guest.fd}`;
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const child: ChildProcess = spawn("nsenter", [enter, PYTHON, script, "sink", PORT], { stdio: [...stdio] });
  await once(child.stdout!, "data");
  return { stop: () => void child.kill("SIGKILL") };
}

function send(guest: TestNamespace, ...words: (string | number)[]): string {
  const { status, stdout, stderr } = guest.run(PYTHON, script, ...words.map(String));
  return status === 0 ? stdout.trim() : `no: ${stderr.trim().split("\n").at(-1)}`;
}

/** Sends bytes over TCP to a sink; "same" where the sink has seen the same. */
export function sendTcp(guest: TestNamespace, host: string, bytes: number): string {
  return send(guest, "tcp", host, PORT, bytes);
}

/**
 * Sends datagrams to a sink; tells how many arrived whole and how many spoilt: "100 0". With `segment` the kernel is given `size` bytes at a time and
 * makes datagrams of `segment` bytes of them.
 */
export function sendUdp(guest: TestNamespace, host: string, count: number, size: number, segment?: number): string {
  return send(guest, "udp", host, PORT, count, size, ...(segment === undefined ? [] : [segment]));
}

const SWITCHABLE = ["tx", "rx", "sg", "tso", "gso", "gro"];

/** Turns everything that a device's driver or the kernel does for its segments and checksums on or off. */
export function setOffloads(namespace: TestNamespace, device: string, on: boolean): void {
  const words = SWITCHABLE.flatMap((name) => [name, on ? "on" : "off"]);
  // What depends on another that is off says so and changes nothing.
  namespace.run("ethtool", "-K", device, ...words, "tx-udp-segmentation", on ? "on" : "off");
}

/** Packets thrown away since a checksum was wrong, as /proc/net/snmp and snmp6 have it. */
export function checksumErrors(text: string): number {
  let sum = 0;
  for (const protocol of ["Tcp", "Udp", "Icmp"]) {
    const [names, values] = [...text.matchAll(new RegExp(`^${protocol}: (.*)$`, "gm"))].map((m) => m[1]!.split(" "));
    sum += Number(values![names!.indexOf("InCsumErrors")]);
  }
  for (const match of text.matchAll(/^\w*InCsumErrors\s+(\d+)$/gm)) sum += Number(match[1]);
  return sum;
}

/** `checksumErrors` of a namespace. */
export function checksumFaults(namespace: TestNamespace): number {
  return checksumErrors(namespace.run("cat", "/proc/net/snmp", "/proc/net/snmp6").stdout);
}

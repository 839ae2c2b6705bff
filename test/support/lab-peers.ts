import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "./eventually.js";
import type { TestNamespace } from "./namespace.js";
import { type Need, program } from "./needs.js";

const script = join(import.meta.dirname, "lab-peers.py");
const PYTHON = "/usr/bin/python3";

export const python: Need = program(PYTHON, "python3");

/** Servers and clients in the guests of a lab (`lab-peers.py`). What was started goes with `close`. */
export class LabPeers {
  readonly #children: ChildProcess[] = [];

  /** Answers on ports, each as `tcp:8080`, `udp:53` or `ftp:21`; resolves when all are there. */
  async serve(guest: TestNamespace, ...ports: string[]): Promise<void> {
    const child = this.#start(guest, PYTHON, script, "serve", ...ports);
    await once(child.stdout!, "data");
  }

  /** `iperf3 -s`. */
  async serveIperf(guest: TestNamespace): Promise<void> {
    const child = this.#start(guest, "/usr/bin/iperf3", "-s", "--forceflush");
    await once(child.stdout!, "data");
  }

  /** A connection that is kept: `exchange` sends a line over it and gives the answer. */
  hold(guest: TestNamespace, host: string, port: number): { exchange(): Promise<string>; close(): void } {
    const child = this.#start(guest, PYTHON, script, "hold", host, String(port));
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    return {
      async exchange() {
        child.stdin!.write("go\n");
        const { value, done } = await lines.next();
        return done ? "ended" : value;
      },
      close: () => child.kill("SIGKILL"),
    };
  }

  /** Echo requests a hundred times a second, until `stop`, which tells for how long none was answered, in milliseconds. */
  async ping(guest: TestNamespace, host: string): Promise<{ stop(): Promise<number> }> {
    const child = this.#start(guest, "/usr/bin/ping", "-i", "0.01", "-n", host);
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const answered: number[] = [];
    const reading = (async () => {
      for (let line = await lines.next(); !line.done; line = await lines.next()) {
        const sequence = /icmp_seq=(\d+) .*time=/.exec(line.value)?.[1];
        if (sequence !== undefined) answered.push(Number(sequence));
      }
    })();
    await eventually(() => answered.length > 10, "answers");
    return {
      async stop() {
        // It is over when answers come again.
        const before = answered.length;
        await eventually(() => answered.length > before + 10, "answers");
        child.kill("SIGINT");
        await reading;
        const gaps = answered.map((n, i) => n - (answered[i - 1] ?? n) - 1);
        return Math.max(0, ...gaps) * 10;
      },
    };
  }

  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #start(guest: TestNamespace, ...command: string[]): ChildProcess {
    const child = spawn("nsenter", [`--net=/proc/${process.pid}/fd/${guest.fd}`, ...command], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#children.push(child);
    return child;
  }
}

/** One exchange, as the server saw its client: `ADDRESS PORT`; where there is none, why. */
export function ask(guest: TestNamespace, ...words: (string | number)[]): string {
  const { status, stdout, stderr } = guest.run(PYTHON, script, ...words.map(String));
  return status === 0 ? stdout.trim() : `no: ${stderr.trim().split("\n").at(-1)}`;
}

/** Megabits per second of TCP for a second, and whether all of it arrived. */
export function iperf(guest: TestNamespace, host: string, ...options: string[]): number {
  const { stdout, status, stderr } = guest.run("/usr/bin/iperf3", "-c", host, "-t", "1", "-J", ...options);
  if (status !== 0) throw new Error(`iperf3: ${stderr}${stdout}`);
  return JSON.parse(stdout).end.sum_received.bits_per_second / 1e6;
}

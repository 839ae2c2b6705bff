import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { eventually } from "./eventually.js";

const manager = "/usr/bin/osken-manager";
const application = join(import.meta.dirname, "os-ken-controller.py");

/** How long os-ken may take to load, or to read a long answer. */
const patience = 30_000;

/** Something that os-ken told the application. */
export interface OsKenEvent {
  readonly event: string;
  readonly message: unknown;
}

/** How a controller is started. */
export interface OsKenOptions {
  /** Of the wire: 1, 3 to 6. */
  readonly version: number;
  /** It learns addresses and adds flows to and from them. */
  readonly learns?: boolean;
  /** TCP port of 127.0.0.1. */
  readonly port: number;
}

/** Starts a program that goes on, in an environment with these variables added: `SwitchStack.background` and its like. */
export type Launcher = (file: string, ...args: readonly string[]) => ChildProcess;

/** A controller of Debian's os-ken, in a process of its own; its commands are expressions in Python (`os-ken-controller.py`). */
export class OsKenController {
  readonly #child: ChildProcess;
  #output = "";
  /** What it logged. */
  complaints = "";
  /** What it has heard, in order. */
  readonly events: OsKenEvent[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout!.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.complaints += text;
    });
  }

  /** Starts it and waits until it listens. `launch` must leave standard input open. */
  static async start(launch: Launcher, { version, learns, port }: OsKenOptions): Promise<OsKenController> {
    const env = [`OF_VERSION=${version}`, ...(learns ? ["LEARN=1"] : []), "PYTHONUNBUFFERED=1"];
    const listen = ["--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port", String(port)];
    const child = launch("/usr/bin/env", ...env, manager, ...listen, "--default-log-level", "20", application);
    const self = new OsKenController(child);
    await eventually(() => self.complaints.includes("instantiating app os_ken"), "os-ken to start", patience);
    return self;
  }

  /** Waits until a switch has been greeted, for the given time. */
  async met(times = 1): Promise<void> {
    const greeted = (): boolean => this.count((e) => e.event === "state" && e.message === "main") >= times;
    await eventually(greeted, "os-ken to meet the switch", patience);
  }

  count(which: (event: OsKenEvent) => boolean): number {
    return this.events.filter(which).length;
  }

  /** Has messages sent, and waits until the switch has done what they say. */
  async say(expression: string): Promise<void> {
    const isDone = (e: OsKenEvent): boolean => e.event === "EventOFPBarrierReply" || e.event === "complaint";
    const before = this.count(isDone);
    this.#child.stdin!.write(`${expression}\np.OFPBarrierRequest(dp)\n`);
    await eventually(() => this.count(isDone) > before, `an answer to ${expression}`, patience);
  }

  /** Lets it do nothing, as if its machine hung. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.once("exit", () => resolve());
      this.#child.kill("SIGKILL");
    });
  }

  #hear(text: string): void {
    this.#output += text;
    const lines = this.#output.split("\n");
    this.#output = lines.pop()!;
    for (const line of lines) this.events.push(JSON.parse(line) as OsKenEvent);
  }
}

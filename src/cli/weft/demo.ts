import { createNamespace, enterNamespace, type NetworkNamespace } from "#host/linux/namespaces.js";
import { LinuxNetHost } from "#host/linux/net-host.js";
import type { Thread, ThreadHost } from "#host/threads.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { type DaemonEnvironment, SwitchDaemons } from "./daemons.js";
import type { GuestReply, GuestRequest, GuestStart } from "./guest-protocol.js";

/** What the demo found. Times in milliseconds, undefined (null in JSON) where nothing was answered. */
export interface DemoResult {
  readonly pings: readonly {
    readonly from: string;
    readonly to: string;
    readonly reached: boolean;
    readonly ms: number | null;
  }[];
  /** TCP between two guests, bits per second. */
  readonly bitsPerSecond: number;
  /** The same pings after guest 3 was put into a VLAN of its own. */
  readonly isolated: boolean;
  readonly learned: number;
  readonly hits: number;
  readonly misses: number;
  readonly [name: string]: Json;
}

export interface DemoEnvironment extends DaemonEnvironment {
  readonly threads: ThreadHost;
  /** An empty folder for the switch, which the caller removes. */
  readonly directory: string;
  /** Says what is being done; shown on a terminal only. */
  progress(text: string): void;
}

const bridge = "demo";
const pingTimeout = 1000;
/** For pings that are expected to get nowhere. */
const shortTimeout = 300;
const transferTime = 2000;

/** A network namespace with one device on the bridge, and a thread in it that does what a guest would. */
class Guest {
  readonly name: string;
  readonly port: string;
  readonly address: string;
  readonly #namespace: NetworkNamespace;
  readonly #thread: Thread;
  #waiting: { resolve(value: number | undefined): void; reject(error: Error): void } | undefined;

  constructor(number: number, host: LinuxNetHost, threads: ThreadHost) {
    this.name = `guest${number}`;
    this.port = `port${number}`;
    this.address = `10.99.0.${number}`;
    this.#namespace = createNamespace();
    host.createVeth(this.port, "eth0", this.#namespace.fd);
    host.setUp(this.port, true);
    const inside = new LinuxNetHost(this.#namespace);
    inside.addAddress("eth0", Uint8Array.of(10, 99, 0, number), 24);
    inside.setUp("lo", true);
    inside.setUp("eth0", true);
    inside.close();
    const start: GuestStart = { namespace: this.#namespace.fd };
    this.#thread = threads.start("weft-guest", start);
    this.#thread.onMessage((message) => {
      const reply = message as GuestReply;
      if (reply.error === undefined) this.#waiting?.resolve(reply.value);
      else this.#waiting?.reject(new UserError(`${this.name}: ${reply.error}`));
    });
    this.#thread.onExit((error) => this.#waiting?.reject(error ?? new Error(`${this.name} ended`)));
  }

  ask(request: GuestRequest): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#thread.post(request);
    });
  }

  close(): void {
    this.#thread.terminate();
    this.#namespace.close();
  }
}

/**
 * Plugs three namespaces into a bridge, pings between them, sends TCP, separates one by VLAN, and removes everything. All of it happens
 * in a network namespace of its own, so that nothing of the host's is touched. Throws `UserError`, `HostError`.
 */
export async function demo(env: DemoEnvironment): Promise<DemoResult> {
  const home = createNamespace();
  enterNamespace(home.fd);
  const net = new LinuxNetHost();
  net.setUp("lo", true);
  const { directory } = env;
  const places = {
    run: directory,
    log: directory,
    db: directory,
    env: { OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory },
  };
  const complaints: string[] = [];
  const daemons = new SwitchDaemons(env, places, {
    line: (text) => void complaints.push(text),
    died: (name, how) => void complaints.push(`${name} ended ${how}`),
  });
  const guests: Guest[] = [];
  try {
    env.progress("starting database and switch");
    await daemons.createDatabase();
    if (!(await daemons.start([]))) throw new UserError(`the switch did not start:\n${complaints.join("\n")}`);
    env.progress("plugging three namespaces into a bridge");
    for (let n = 1; n <= 3; n++) guests.push(new Guest(n, net, env.threads));
    const add = guests.flatMap(({ port }) => ["--", "add-port", bridge, port]);
    await daemons.vsctl("add-br", bridge, ...add);
    return await measure(guests, daemons, env);
  } finally {
    env.progress("removing everything");
    await daemons.vsctl("--if-exists", "del-br", bridge).catch(() => "");
    for (const guest of guests) guest.close();
    await daemons.stop();
    net.close();
    home.close();
  }
}

async function measure(guests: readonly Guest[], daemons: SwitchDaemons, env: DemoEnvironment): Promise<DemoResult> {
  env.progress("pinging");
  const pings: { from: string; to: string; reached: boolean; ms: number | null }[] = [];
  for (const from of guests) {
    for (const to of guests) {
      if (from === to) continue;
      // The first one also pays for address resolution and for setting the flows up; the second shows the path.
      await from.ask({ do: "ping", to: to.address, timeout: pingTimeout });
      const ms = await from.ask({ do: "ping", to: to.address, timeout: pingTimeout });
      pings.push({ from: from.name, to: to.name, reached: ms !== undefined, ms: ms ?? null });
    }
  }

  env.progress("transferring over TCP");
  const [first, second, third] = guests as [Guest, Guest, Guest];
  const port = (await second.ask({ do: "serve" })) ?? 0;
  const bytes = (await first.ask({ do: "send", to: second.address, port, duration: transferTime })) ?? 0;
  const learned = (await daemons.appctl("fdb/show", bridge)).trim().split("\n").length - 1;
  const counts = /hit:(\d+) missed:(\d+)/.exec(await daemons.appctl("dpif/show"));

  env.progress("separating guest3 by VLAN");
  await daemons.vsctl("set", "port", third.port, "tag=10");
  const crossed = await first.ask({ do: "ping", to: third.address, timeout: shortTimeout });
  const stayed = await first.ask({ do: "ping", to: second.address, timeout: pingTimeout });
  return {
    pings,
    bitsPerSecond: Math.round(bytes * 8),
    isolated: crossed === undefined && stayed !== undefined,
    learned,
    hits: Number(counts?.[1] ?? 0),
    misses: Number(counts?.[2] ?? 0),
  };
}

/** True where everything went as it should. */
export function demoSucceeded(result: DemoResult): boolean {
  return result.isolated && result.bitsPerSecond > 0 && result.pings.every((p) => p.reached);
}

/** The result as a small table. */
export function formatDemo(result: DemoResult): string {
  const rows: (readonly [string, string])[] = result.pings.map(({ from, to, ms }) => [
    `ping ${from} → ${to}`,
    ms === null ? "no answer" : `${ms.toFixed(2)} ms`,
  ]);
  rows.push(
    ["TCP guest1 → guest2", `${(result.bitsPerSecond / 1e9).toFixed(2)} Gb/s`],
    ["guest3 moved to VLAN 10", result.isolated ? "no longer reached, the others still are" : "NOT separated"],
    ["addresses learned", String(result.learned)],
    ["packets by cached flow", String(result.hits)],
    ["packets translated", String(result.misses)],
  );
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}

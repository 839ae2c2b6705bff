import { existsSync, readFileSync, rmSync } from "node:fs";
import { RawClient } from "./ovsdb-raw-client.js";
import { pcapFrames } from "./pcap-frames.js";
import { frameOf } from "./pipeline-duel-packets.js";
import { Shell } from "./pipeline-duel-shell.js";
import { parseSteps, type Step } from "./pipeline-duel-steps.js";
import { comparable, type Spelling } from "./pipeline-duel-text.js";
import { type StackPrograms, SwitchStack } from "./switch-stack.js";

/** How long a step may take, in milliseconds. */
const PATIENCE = 8_000;
const allProtocols = "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15";
/** The revalidator looks at flows this often, so that waiting for it is short. */
const globals = "set open_vswitch . other_config:vlan-limit=2 other_config:max-revalidator=100";

/** What a step of a scenario printed. */
export interface Outcome {
  readonly line: string;
  readonly printed: string;
}

/**
 * A switch with dummy devices, its clock stopped, and the installed tools that scenarios are told in:
 *
 * - `bridge BR PORT… [COLUMN=VALUE…]`: a bridge, secure, of every version, with ports pPORT; `patch BR:N BR:N`: patch ports xN between two
 * - `vsctl …`, `of …`, `of10` to `of15 …` (`ovs-ofctl -O`), `app …` (an appctl command of the switch), `trace …` (`ofproto/trace`)
 * - `in pN FLOW [LENGTH]`: a frame comes in, FLOW being hex digits, a datapath's flow or one in the words of ovs-ofctl; `sent pN`: frames that left
 * - `unordered`: ports that outputs follow each other to have no order: that of FLOOD, ALL and NORMAL upstream depends on UUIDs
 * - `warp MS [STEP]`, `wait` (for revalidation), `purge` (flows out of the datapath; statistics come up)
 * - `flows [BR [MATCH]]`, `dp`, `dpm` (the datapath's flows), `ports`, `groups`, `gstats`
 * - `counted COUNTER`: how much a coverage counter has grown in this scenario
 * - `mon NAME [VERSION] ARGS…`: a controller by `ovs-ofctl monitor`; `heard NAME`: what it has got since, at the end for all; `send NAME HEX`; `ctl NAME …`: a command of its
 */
export class PipelineSide {
  readonly stack: SwitchStack;
  readonly #shell: Shell;
  #appctl: RawClient;
  #monitors = new Map<string, RawClient>();
  #heard = new Map<string, number>();
  #bridges = new Set<string>();
  #counts = new Map<string, number>();

  private constructor(stack: SwitchStack, appctl: RawClient) {
    this.stack = stack;
    this.#appctl = appctl;
    this.#shell = new Shell(stack.env, stack.directory);
  }

  static async start(programs: StackPrograms): Promise<PipelineSide> {
    const stack = await SwitchStack.start(programs, {
      switchOptions: ["--enable-dummy", "--disable-system"],
      hostNetwork: true,
    });
    const side = new PipelineSide(stack, await client(stack));
    await side.#begin();
    return side;
  }

  async #begin(): Promise<void> {
    await this.#call(this.#appctl, "time/stop");
    await this.#shell.run(["ovs-vsctl", ...globals.split(" ")]);
  }

  /** Runs a scenario on a switch that has nothing else, and takes away what it made. */
  async run(text: string): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const steps = parseSteps(text);
    const spelling: Spelling = { known: new Map(), outputs: steps.some((step) => step.verb === "unordered") };
    for (const { verb, words } of steps) {
      if (verb === "counted") this.#counts.set(words[0]!, await this.#count(words[0]!));
    }
    try {
      for (const step of steps) outcomes.push(await this.#outcome(step, spelling));
      for (const name of this.#monitors.keys()) {
        const step = { verb: "heard", words: [name], input: "", line: `(heard ${name})` };
        outcomes.push(await this.#outcome(step, spelling));
      }
    } finally {
      await this.#clear();
    }
    return outcomes;
  }

  async #outcome(step: Step, spelling: Spelling): Promise<Outcome> {
    const printed = await this.#step(step);
    if (/^(of|vsctl|app|add-)/.test(step.verb)) await this.#quiet("");
    return { line: step.line, printed: comparable(this.stack.unalias(printed), spelling) };
  }

  async #step({ verb, words, input }: Step): Promise<string> {
    const stdin = input === "" ? undefined : input;
    const [first = ""] = words;
    switch (verb) {
      case "bare":
      case "unordered":
        return "";
      case "bridge":
        return this.#vsctl(this.#bridge(first, words.slice(1)));
      case "patch":
        return this.#vsctl(patch(words));
      case "vsctl":
        if (first === "add-br") this.#bridges.add(words[1]!);
        return this.#vsctl(words.map((word) => word.replaceAll("{dir}", this.stack.directory)));
      case "of":
        return this.#ofctl([], words, stdin);
      case "of10":
      case "of11":
      case "of12":
      case "of13":
      case "of14":
      case "of15":
        return this.#ofctl(["-O", `OpenFlow${verb.slice(2)}`], words, stdin);
      case "add-flows":
      case "add-groups":
        return this.#ofctl(["-O", "OpenFlow15"], [verb, "br0", "-"], stdin);
      case "add-meters":
        return this.#addMeters(input.split("\n"));
      case "flows":
        return this.#ofctl(["-O", "OpenFlow15"], ["dump-flows", ...(words.length === 0 ? ["br0"] : words)]);
      case "groups":
        return this.#ofctl(["-O", "OpenFlow15"], ["dump-groups", "br0"]);
      case "gstats":
        return this.#ofctl(["-O", "OpenFlow15"], ["dump-group-stats", "br0"]);
      case "ports":
        return this.#ofctl(["-O", "OpenFlow10"], ["dump-ports", "br0"]);
      case "app":
        return this.#app(first, ...words.slice(1));
      case "trace":
        return this.#app("ofproto/trace", ...(/^br\d/.test(first) || first.startsWith("-") ? [] : ["br0"]), ...words);
      case "dp":
        return this.#app("dpctl/dump-flows");
      case "dpm":
        return this.#app("dpctl/dump-flows", "-m");
      case "wait":
        return this.#app("revalidator/wait");
      case "purge":
        return this.#app("revalidator/purge");
      case "warp":
        // Rules expire after the revalidator has looked at all flows.
        return this.#quiet((await this.#app("time/warp", ...words)) + (await this.#app("revalidator/wait")));
      case "in":
        return this.#quiet(await this.#receive(first, words[1] ?? "", words[2]));
      case "sent":
        return this.#sent(first);
      case "mon":
        return this.#monitor(first, words.slice(1));
      case "send":
        return this.#send(first, words.slice(1));
      case "ctl":
        return this.#control(first, ...words.slice(1));
      case "counted":
        return String((await this.#count(first)) - (this.#counts.get(first) ?? 0));
      case "heard":
        return this.#listen(first);
      default:
        throw new Error(`no step is called ${verb}`);
    }
  }

  #bridge(name: string, words: readonly string[]): string[] {
    this.#bridges.add(name);
    const ports = words.filter((word) => /^\d+$/.test(word));
    const columns = words.filter((word) => !/^\d+$/.test(word));
    const address = `other_config:hwaddr=00:00:00:00:00:b${name.slice(2)}`;
    const settings = ["datapath_type=dummy", "fail_mode=secure", `protocols=${allProtocols}`, address, ...columns];
    return [
      ...["add-br", name, "--", "set", "bridge", name, ...settings],
      ...ports.flatMap((n) => [
        ...["--", "add-port", name, `p${n}`, "--", "set", "interface", `p${n}`, "type=dummy", `ofport_request=${n}`],
        `options:tx_pcap=${this.stack.path(`p${n}.pcap`)}`,
      ]),
    ];
  }

  #vsctl(words: readonly string[]): Promise<string> {
    return this.#shell.run(["ovs-vsctl", "--timeout=8", ...words]);
  }

  #ofctl(options: readonly string[], words: readonly string[], stdin?: string): Promise<string> {
    return this.#shell.run(["ovs-ofctl", "--timeout=8", ...options, ...words], stdin);
  }

  async #addMeters(meters: readonly string[]): Promise<string> {
    let printed = "";
    for (const meter of meters) printed += await this.#ofctl(["-O", "OpenFlow15"], ["add-meter", "br0", meter]);
    return printed;
  }

  #app(command: string, ...args: readonly string[]): Promise<string> {
    return this.#call(this.#appctl, command, ...args);
  }

  async #call(client: RawClient, command: string, ...args: readonly string[]): Promise<string> {
    if (client.closed) return "(gone)\n";
    const late = new Promise<string>((resolve) => {
      setTimeout(() => resolve("(no answer)\n"), PATIENCE).unref();
    });
    const answered = client.call(command, args).then(({ result, error }) => {
      return error !== null && error !== undefined ? `error: ${String(error)}\n` : String(result ?? "");
    });
    return Promise.race([answered, late]);
  }

  /** Lets the switch do what an event led to: some turns of its main loop, in each of which it answers ten commands at most. */
  async #quiet(printed: string): Promise<string> {
    for (let turn = 0; turn < 2; turn++) await Promise.all(Array.from({ length: 12 }, () => this.#app("version")));
    return printed;
  }

  #receive(port: string, packet: string, length: string | undefined): Promise<string> {
    const isGiven = /^([0-9a-f]{2})+$/.test(packet) || /^(in_port|eth|recirc_id|tunnel)\(/.test(packet);
    const frame = isGiven ? packet : frameOf(packet, length === undefined ? undefined : Number(length));
    const given = isGiven && length !== undefined ? ["--len", length] : [];
    return this.#app("netdev-dummy/receive", port, frame, ...given);
  }

  #sent(port: string): string {
    const file = this.stack.path(`${port}.pcap`);
    if (!existsSync(file)) return "(no file)\n";
    return pcapFrames(readFileSync(file))
      .map((frame) => `${frame}\n`)
      .join("");
  }

  async #monitor(name: string, words: readonly string[]): Promise<string> {
    const [version, args] =
      /^\d+$/.test(words[0] ?? "") && Number(words[0]) <= 15 ? [words[0], words.slice(1)] : [undefined, words];
    const options = version === undefined ? [] : [`-OOpenFlow${version}`];
    const life = ["--detach", "--no-chdir", `--pidfile=${name}.pid`, `--unixctl=${this.stack.path(`${name}.ctl`)}`];
    const command = ["ovs-ofctl", ...options, "monitor", ...args, ...life].map((w) => `'${w}'`).join(" ");
    const printed = await this.#shell.script(`${command} >${name}.log 2>&1 </dev/null`);
    if (printed !== "") return `${printed}${readFileSync(this.stack.path(`${name}.log`), "utf8")}`;
    this.#monitors.set(name, await RawClient.open(this.stack.path(`${name}.ctl`)));
    this.#heard.set(name, 0);
    return "";
  }

  /** Sends a message and waits until it is answered, if it is. */
  async #send(name: string, words: readonly string[]): Promise<string> {
    const printed = await this.#control(name, "ofctl/send", ...words);
    return printed + (await this.#control(name, "ofctl/barrier"));
  }

  #control(name: string, ...words: readonly string[]): Promise<string> {
    const monitor = this.#monitors.get(name);
    if (monitor === undefined) return Promise.resolve("(no such monitor)\n");
    return this.#call(monitor, words[0]!, ...words.slice(1));
  }

  async #listen(name: string): Promise<string> {
    await this.#quiet("");
    await this.#control(name, "ofctl/barrier");
    await this.#control(name, "ofctl/barrier");
    const text = readFileSync(this.stack.path(`${name}.log`), "utf8");
    const fresh = text.slice(this.#heard.get(name) ?? 0);
    this.#heard.set(name, text.length);
    return fresh.replace(/^OFPT_BARRIER_REPLY.*\n/gm, "");
  }

  async #count(counter: string): Promise<number> {
    return Number.parseInt(await this.#app("coverage/read-counter", counter), 10);
  }

  /** Takes away what a scenario made. */
  async #clear(): Promise<void> {
    for (const monitor of this.#monitors.values()) {
      await this.#call(monitor, "exit");
      monitor.close();
    }
    this.#monitors.clear();
    await this.#app("dpctl/flush-conntrack");
    const gone = [...this.#bridges].flatMap((bridge) => ["--", "--if-exists", "del-br", bridge]);
    this.#bridges.clear();
    await this.#vsctl([
      ...gone,
      ..."-- clear open_vswitch . other_config -- clear open_vswitch . datapaths --".split(" "),
      ...globals.split(" "),
    ]);
    for (const n of Array.from({ length: 10 }, (_, i) => i)) rmSync(this.stack.path(`p${n}.pcap`), { force: true });
  }

  /** Whether the switch runs and answers. */
  async isAlive(): Promise<boolean> {
    return !this.#appctl.closed && !(await this.#app("version")).includes("(no answer)");
  }

  /** Starts the switch again, after it has died. */
  async revive(): Promise<void> {
    await this.stack.stop("ovs-vswitchd", "SIGKILL").catch(() => undefined);
    await this.stack.startSwitch();
    this.#appctl = await client(this.stack);
    await this.#begin();
  }

  async close(): Promise<void> {
    this.#appctl.close();
    this.#shell.close();
    await this.stack.close();
  }
}

function client(stack: SwitchStack): Promise<RawClient> {
  return RawClient.open(stack.path(`ovs-vswitchd.${stack.pid("ovs-vswitchd")}.ctl`));
}

/** The words that join two bridges by ports xN. */
function patch(ends: readonly string[]): string[] {
  const [[a, n], [b, m]] = ends.map((end) => end.split(":")) as [[string, string], [string, string]];
  const end = (bridge: string, own: string, other: string): string[] =>
    `add-port ${bridge} x${own} -- set interface x${own} type=patch ofport_request=${own} options:peer=x${other}`.split(
      " ",
    );
  return [...end(a, n, m), "--", ...end(b, m, n)];
}

/** What two switches printed differently, step by step. */
export function differences(ours: readonly Outcome[], real: readonly Outcome[]): string[] {
  return real.flatMap(({ line, printed }, i) => {
    const mine = ours[i]?.printed ?? "(nothing)";
    return mine === printed ? [] : [`${line}\n--- ours\n${mine}\n--- real\n${printed}`];
  });
}

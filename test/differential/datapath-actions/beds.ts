import { closeSync, openSync, readSync } from "node:fs";
import { dpctlCommands } from "#datapath/commands/dpctl.js";
import { netdevDummyCommands } from "#datapath/commands/netdev-dummy.js";
import type { Upcall } from "#datapath/datapath.js";
import { Datapaths } from "#datapath/datapaths.js";
import { tunnelDevices } from "#datapath/devices/tunnel-device.js";
import { dummyDatapathClass } from "#datapath/dummy/dummy-class.js";
import { DummyDevices } from "#datapath/dummy/dummy-devices.js";
import { FakeClock } from "#host/fake/clock.js";
import { UserError } from "#util/errors.js";
import { hex } from "#util/hex.js";
import { RawClient } from "../../support/ovsdb-raw-client.js";
import { realPrograms, SwitchStack } from "../../support/switch-stack.js";

/** Ports with frames, numbered from 1. */
const PORTS = ["we1", "we2", "we3", "we4"];

/** Tunnel ports, as the installed switch numbers them once these tunnels are there in this order. */
const TUNNELS: readonly (readonly [type: string, options: string, port: string])[] = [
  ["vxlan", "remote_ip=flow", "vxlan_sys_4789"],
  ["geneve", "remote_ip=flow", "genev_sys_6081"],
  ["gtpu", "remote_ip=flow", "gtpu_sys_2152"],
  ["gre", "remote_ip=flow", "gre_sys"],
  ["erspan", "remote_ip=flow", "erspan_sys"],
  ["ip6gre", "remote_ip=fc00::99", "ip6gre_sys"],
  ["ip6erspan", "remote_ip=fc00::99", "ip6erspan_sys"],
];

/** A flow as `dpctl/add-flow` takes it. */
export interface FlowText {
  readonly key: string;
  readonly actions: string;
}

/** What came of a packet: what adding the flows said, and the frames that left, by port, as hex digits. */
export interface Outcome {
  readonly errors: readonly string[];
  readonly sent: readonly (readonly string[])[];
}

/** The installed switch, its flows put and its packets given by appctl, time standing still. */
export class RealBed {
  readonly #stack: SwitchStack;
  readonly #client: RawClient;
  readonly #files: number[];
  readonly #read: number[] = PORTS.map(() => 24);
  /** Numbers of the tunnel ports, by name. */
  readonly tunnels: ReadonlyMap<string, number>;

  private constructor(stack: SwitchStack, client: RawClient, files: number[], tunnels: ReadonlyMap<string, number>) {
    this.#stack = stack;
    this.#client = client;
    this.#files = files;
    this.tunnels = tunnels;
  }

  static async start(): Promise<RealBed> {
    const switchOptions = ["--enable-dummy", "--disable-system"];
    const stack = await SwitchStack.start(realPrograms, { switchOptions, hostNetwork: true });
    const setup = ["set Open_vSwitch . other_config:vlan-limit=2", "add-br br0"];
    setup.push("set Bridge br0 datapath_type=dummy fail_mode=secure");
    for (const [i, name] of PORTS.entries()) {
      setup.push(`add-port br0 ${name}`);
      setup.push(
        `set Interface ${name} type=dummy ofport_request=${i + 1} options:tx_pcap=${stack.path(`${name}.pcap`)}`,
      );
    }
    for (const [i, [type, options]] of TUNNELS.entries()) {
      setup.push(`add-port br0 wet${i}`, `set Interface wet${i} type=${type} options:${options}`);
      setup.push(`set Interface wet${i} options:key=flow`);
    }
    await stack.must(realPrograms.vsctl, ...setup.join(" -- ").split(" "));
    const client = await RawClient.open(stack.path(`ovs-vswitchd.${stack.pid("ovs-vswitchd")}.ctl`));
    await client.call("time/stop", []);
    const shown = String((await client.call("dpctl/show", [])).result);
    const numbers = [...shown.matchAll(/port (\d+): (\S+)/g)].map((m): [string, number] => [m[2]!, Number(m[1])]);
    const files = PORTS.map((name) => openSync(stack.path(`${name}.pcap`), "r"));
    return new RealBed(stack, client, files, new Map(numbers));
  }

  /** Runs an appctl command; gives its text, that of a failure too. */
  async call(command: string, ...words: readonly string[]): Promise<string> {
    const { result, error } = await this.#client.call(command, words);
    return String(error ?? result).trimEnd();
  }

  async run(flows: readonly FlowText[], frame: Uint8Array, tracked: boolean): Promise<Outcome> {
    const [, , ...answers] = await Promise.all([
      this.call("dpctl/del-flows"),
      tracked ? this.call("dpctl/flush-conntrack") : undefined,
      ...flows.map((f) => this.call("dpctl/add-flow", f.key, f.actions)),
      this.call("netdev-dummy/receive", PORTS[0]!, hex(frame)),
    ]);
    // The frame is forwarded in one of the main loop's next turns.
    for (let turn = 0; turn < 50 && (await this.#seen()) === this.#count; turn++);
    this.#count = await this.#seen();
    return { errors: answers.slice(0, -1) as string[], sent: this.#files.map((fd, i) => this.#new(fd, i)) };
  }

  /** Gives its bridge OpenFlow flows (and first a group) instead of those it has. */
  async setOpenFlow(group: string | undefined, flows: readonly string[]): Promise<void> {
    const ofctl = (...args: string[]): Promise<string> =>
      this.#stack.must("/usr/bin/ovs-ofctl", "-OOpenFlow15", ...args, `unix:${this.#stack.path("br0.mgmt")}`);
    const change = (command: string, text: string): Promise<string> =>
      this.#stack.must(
        ...(["/usr/bin/ovs-ofctl", "-OOpenFlow15", command, `unix:${this.#stack.path("br0.mgmt")}`, text] as const),
      );
    await ofctl("del-flows");
    await ofctl("del-groups");
    if (group !== undefined) await change("add-group", group);
    for (const flow of flows) await change("add-flow", flow);
  }

  /** What its bridge sends of a frame, and the datapath's flows that it made for that. */
  async translate(frame: Uint8Array): Promise<{ readonly flows: FlowText[]; readonly sent: Outcome["sent"] }> {
    for (let attempt = 1; ; attempt++) {
      // It remembers flows that only the datapath was told to delete, and would not put them there again.
      await this.call("revalidator/purge");
      const { sent } = await this.run([], frame, false);
      const dump = await this.call("dpctl/dump-flows", "-m", "--no-names");
      const flows = [...dump.matchAll(/^ufid:\S+ (.*), packets:.*actions:(.*?)(?:, dp-extra-info.*)?$/gm)].map((m) => ({
        key: m[1]!,
        actions: m[2]!,
      }));
      // Just after the bridge's flows were changed its revalidators take the datapath's away.
      if (flows.length > 0 || attempt === 50) return { flows, sent };
    }
  }

  #count = 0;

  /** How many packets its flows were asked for. */
  async #seen(): Promise<number> {
    const [, hit, missed] = /hit:(\d+) missed:(\d+)/.exec(await this.call("dpctl/show"))!;
    return Number(hit) + Number(missed);
  }

  /** The frames that were written to a capture file since it was last read. */
  #new(fd: number, index: number): string[] {
    const buffer = Buffer.alloc(1 << 16);
    const length = readSync(fd, buffer, 0, buffer.length, this.#read[index]!);
    const frames: string[] = [];
    let at = 0;
    while (at + 16 <= length) {
      const size = buffer.readUInt32LE(at + 8);
      frames.push(buffer.subarray(at + 16, at + 16 + size).toString("hex"));
      at += 16 + size;
    }
    this.#read[index]! += at;
    return frames;
  }

  async close(): Promise<void> {
    for (const fd of this.#files) closeSync(fd);
    this.#client.close();
    await this.#stack.close();
  }
}

/** Our switch in this process, with the same ports and the same commands. */
export class OurBed {
  readonly #commands;
  readonly #sent: string[][] = PORTS.map(() => []);
  readonly #datapath;
  #upcalls: Upcall[] = [];

  constructor(tunnels: ReadonlyMap<string, number>) {
    const clock = new FakeClock();
    const none = undefined as never;
    const devices = new DummyDevices({ clock, files: none, streams: none });
    const datapaths = new Datapaths([dummyDatapathClass("dummy", devices, { clock, random: () => 0.5 })]);
    let ufids = 0;
    const parseFilter = (): never => none;
    const newUfid = (): string => (++ufids).toString(16).padStart(32, "0");
    this.#commands = [
      ...dpctlCommands({ datapaths, clock, readFile: () => "", parseFilter, newUfid }),
      ...netdevDummyCommands(devices),
    ];
    const dummies = datapaths.classes[0]!;
    this.#datapath = dummies.open("ovs-dummy");
    for (const [i, name] of PORTS.entries()) {
      const device = dummies.deviceClass("dummy")!.open(name, new Map());
      this.#datapath.addPort(device, i + 1);
      devices.get(name)!.transmit = ({ data }) => void this.#sent[i]!.push(hex(data));
    }
    for (const [type, options, name] of TUNNELS) {
      const remote = options.slice(options.indexOf("=") + 1);
      this.#datapath.addPort(tunnelDevices.get(type)!.open(name, new Map([["remote_ip", remote]])), tunnels.get(name)!);
    }
    this.#datapath.onUpcall((batch) => this.#upcalls.push(...batch));
  }

  call(name: string, ...words: readonly string[]): string {
    const command = this.#commands.find((c) => c.name === name)!;
    try {
      const result = command.run([...words]);
      return command.text?.(result as never) ?? String(result);
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
  }

  /** As of the other bed; and what came up. */
  run(flows: readonly FlowText[], frame: Uint8Array, tracked: boolean): Outcome & { readonly upcalls: Upcall[] } {
    this.call("dpctl/del-flows");
    if (tracked) this.call("dpctl/flush-conntrack");
    const errors = flows.map((f) => this.call("dpctl/add-flow", f.key, f.actions));
    this.#upcalls = [];
    for (const list of this.#sent) list.length = 0;
    this.call("netdev-dummy/receive", PORTS[0]!, hex(frame));
    return { errors, sent: this.#sent.map((list) => [...list]), upcalls: this.#upcalls };
  }

  /** What was dropped so far, by reason. */
  drops(): ReadonlyMap<string, number> {
    return this.#datapath.drops();
  }
}

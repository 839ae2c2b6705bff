import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { Json } from "#util/json.js";
import { type Dice, randomFrame } from "../../test/scenario/pipeline-oracle/random-world.js";
import { RawClient } from "../../test/support/ovsdb-raw-client.js";
import { ourPrograms, SwitchStack } from "../../test/support/switch-stack.js";
import { legalMessages } from "../openflow/messages.js";
import { hostileFrame } from "./hostile-frames.js";
import { count, type Tally } from "./tally.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Words that commands know, and some that none should. */
const words: readonly string[] = [
  ..."br0 br1 p1 p2 nosuch dummy@ovs-dummy ovs-dummy netdev@ovs-netdev system@x -m -s --names --no-names -more --help -- -".split(
    " ",
  ),
  ..."0 1 -1 65534 65535 65536 4294967295 4294967296 18446744073709551615 99999999999999999999999 0x 0x10 1e9 NaN 1.5 zone=1 zone=65536 zone=x".split(
    " ",
  ),
  ..."on off up down any all dbg info default=5 default=-1 zone=5,limit=10 filter=ip filter=in_port=LOCAL,zz type=ovs type=offloaded".split(
    " ",
  ),
  ..."in_port=1 in_port=p1,ip in_port=LOCAL,tcp,tp_dst=80 in_port=99999 ip,nw_src=1.2.3.4/33 dl_type=0x800 actions=normal -generate --ct-next --l7 -consistent --format".split(
    " ",
  ),
  ..."trk,new trk,est,rpl trk,zz ct_nw_src=1.2.3.4,ct_nw_proto=6 ct_tp_src=1 50540000000a50540000000b0800 5054 zz".split(
    " ",
  ),
  "",
  " ",
  "a".repeat(5000),
  "é𝄞\n",
  "in_port(1),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02),eth_type(0x0800),ipv4(src=1.2.3.4,dst=1.2.3.5,proto=6,tos=0,ttl=64,frag=no),tcp(src=1,dst=2)",
  "in_port(1),eth(),eth_type(0x86dd)",
  "recirc_id(0x7),in_port(1),eth_type(0x800)",
  "in_port(((((",
  "1,2,clone(1),drop",
  "ct(commit,nat(src=1.2.3.4)),recirc(1)",
  "set(eth(src=zz))",
  `${"clone(".repeat(3000)}1${")".repeat(3000)}`,
  `${"resubmit(,1),".repeat(1000)}1`,
  "br0,ip",
  "vconn:dbg",
  "ANY:file:off",
  "PATTERN:console:%q%%%",
];

/** Commands that end the daemon, or stop what the test needs. */
const spared: ReadonlySet<string> = new Set(["exit", "vlog/close"]);

/** Columns, and values that are not right, or hardly. */
const settings: readonly string[] = [
  "set Bridge br0 other_config:hwaddr=zz other_config:datapath-id=1 other_config:mac-table-size=-5 other_config:mac-aging-time=x",
  "set Bridge br0 other_config:datapath-id=0123456789abcdef0 other_config:flow-restore-wait=maybe other_config:disable-in-band=2",
  'set Bridge br0 other_config:in-band-queue=99999999999 other_config:controller-queue-size=-1 other_config:dp-desc="\u00e9"',
  "set Bridge br0 protocols=[OpenFlow10]",
  "set Bridge br0 protocols=[]",
  "set Bridge br0 flood_vlans=[0,4095]",
  "set Bridge br0 fail_mode=[]",
  "set Bridge br0 datapath_version=zz",
  "set Bridge br0 mcast_snooping_enable=true stp_enable=true rstp_enable=true",
  "set Bridge br0 stp_enable=false rstp_enable=false",
  "set-controller br0 tcp:256.1.1.1:99999 zz: ptcp:0:127.0.0.1 punix:/nonexistent/x ssl:[::1:6653 unix:",
  "set-controller br0 tcp:127.0.0.1:1",
  "set Controller br0 max_backoff=0 inactivity_probe=-5",
  "set Controller br0 controller_rate_limit=100 controller_burst_limit=25 other_config:dscp=99 type=service",
  "set Controller br0 connection_mode=out-of-band enable_async_messages=false local_ip=zz local_netmask=zz",
  "del-controller br0",
  '-- --id=@f create Flow_Table flow_limit=0 overflow_policy=evict groups="\\"zz[]\\"" prefixes=ip_dst,zz -- set Bridge br0 flow_tables:0=@f',
  "-- --id=@f create Flow_Table flow_limit=3 overflow_policy=refuse name=zz external_ids:a=b -- set Bridge br0 flow_tables:254=@f flow_tables:1=@f",
  "clear Bridge br0 flow_tables",
  "-- --id=@d create Datapath datapath_version=x -- set Open_vSwitch . datapaths:dummy=@d",
  "-- --id=@t create CT_Timeout_Policy timeouts:tcp_syn_sent=4294967295 timeouts:udp_first=0 -- --id=@z create CT_Zone timeout_policy=@t limit=4294967295 -- --id=@d create Datapath datapath_version=x ct_zones:65535=@z ct_zone_default_limit=0 -- set Open_vSwitch . datapaths:dummy=@d",
  "clear Open_vSwitch . datapaths",
  "set Open_vSwitch . other_config:flow-limit=-1 other_config:max-idle=0 other_config:max-revalidator=0 other_config:min-revalidate-pps=-1",
  "set Open_vSwitch . other_config:vlan-limit=-7 other_config:bundle-idle-timeout=0 other_config:n-handler-threads=99999999 other_config:stats-update-interval=zz",
  "clear Open_vSwitch . other_config",
  "set Interface p1 ofport_request=70000",
  "set Interface p1 ofport_request=2 type=zz",
  "set Interface p1 type=dummy ofport_request=1 options:tx_pcap=/nonexistent/x mtu_request=99999",
  'set Interface p1 mac="\\"01:00:00:00:00:00\\"" ingress_policing_rate=4294967295',
  "set Port p2 tag=4095 vlan_mode=dot1q-tunnel cvlans=0,4095 trunks=5 other_config:qinq-ethertype=zz other_config:priority-tags=zz",
  "set Port p2 bond_mode=balance-tcp lacp=active bond_updelay=-5 qos=[]",
  "clear Port p2 tag",
  "clear Port p2 vlan_mode",
  "add-port br0 pp -- set Interface pp type=patch options:peer=pp",
  "add-port br0 pp -- set Interface pp type=patch",
  "--if-exists del-port pp",
  "add-br br9 -- set Bridge br9 datapath_type=zz",
  "--if-exists del-br br9",
];

/** A daemon that is run for as long as it is spoken to. */
export class HostileDaemon {
  readonly stack: SwitchStack;
  readonly #unixctl: RawClient;
  readonly #commands: readonly string[];
  readonly #messages: readonly Uint8Array[] = legalMessages(300);

  private constructor(stack: SwitchStack, unixctl: RawClient, commands: readonly string[]) {
    this.stack = stack;
    this.#unixctl = unixctl;
    this.#commands = commands;
  }

  static async start(): Promise<HostileDaemon> {
    const stack = await SwitchStack.start(ourPrograms, { switchOptions: ["--enable-dummy"] });
    const port = (name: string): string => `-- add-port br0 ${name} -- set Interface ${name} type=dummy`;
    const setup = `add-br br0 -- set Bridge br0 datapath_type=dummy fail_mode=secure ${port("p1")} ${port("p2")}`;
    await stack.must(ourPrograms.vsctl, "--timeout=15", ...setup.split(" "));
    const unixctl = await RawClient.open(stack.path(`ovs-vswitchd.${stack.pid("ovs-vswitchd")}.ctl`));
    const { result } = await unixctl.call("list-commands", []);
    const commands = [...String(result).matchAll(/^ {2}(\S+)/gm)].map((m) => m[1]!).filter((name) => !spared.has(name));
    return new HostileDaemon(stack, unixctl, commands);
  }

  /** Kilobytes that the daemon has in memory. */
  get memory(): number {
    const status = readFileSync(`/proc/${this.stack.pid("ovs-vswitchd")}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  }

  /** Every command, with arguments of all kinds: each is answered. */
  async commands(dice: Dice, rounds: number, tally: Tally): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (const name of this.#commands) {
        const args = Array.from({ length: dice.below(5) }, () => dice.one(words));
        if (name === "time/warp" || name === "time/stop") continue;
        const answer = await this.#ask(name, args);
        count(tally, answer.error === null ? "commandsDone" : "commandsRefused");
      }
      await this.#packets(dice, tally);
    }
  }

  /** Rows that are not right: the daemon goes on. */
  async rows(dice: Dice, changes: number, tally: Tally): Promise<void> {
    for (let i = 0; i < changes; i++) {
      const text = dice.one(settings);
      const args = (text.match(/(?:"(?:\\.|[^"])*"|\S)+/g) ?? []).map((w) =>
        w.replace(/(?<!\\)"/g, "").replace(/\\"/g, '"'),
      );
      const ran = await this.stack.run(ourPrograms.vsctl, "--timeout=5", "--no-wait", ...args);
      count(tally, ran.status === 0 ? "rowsTaken" : "rowsRefused");
      if (i % 5 === 0) await this.#packets(dice, tally);
    }
    await this.alive();
  }

  /** Bytes of all kinds to the bridge's socket, by connections that come and go. */
  async openflow(dice: Dice, connections: number, tally: Tally): Promise<void> {
    const path = this.stack.path("br0.mgmt");
    for (let i = 0; i < connections; i++) {
      const socket = connect(path);
      socket.on("error", () => {});
      if (dice.chance(30)) socket.pause();
      else socket.resume();
      const version = 1 + dice.below(6);
      socket.write(Uint8Array.of(version, 0, 0, 8, 0, 0, 0, 1));
      for (let n = dice.below(200); n > 0; n--) {
        const bytes = dice.one(this.#messages).slice();
        if (dice.chance(90)) bytes[0] = version;
        for (let k = dice.below(3); k > 0; k--) bytes[8 + dice.below(Math.max(1, bytes.length - 8))] = dice.below(256);
        socket.write(bytes.subarray(0, bytes.length - (dice.chance(1) ? dice.below(8) : 0)));
        count(tally, "messages");
      }
      if (i % 10 === 9) await this.alive();
      if (dice.chance(80)) socket.end();
      setTimeout(() => socket.destroy(), 2000).unref();
    }
    await this.alive();
  }

  /** Throws unless the daemon answers, and soon. */
  async alive(): Promise<void> {
    const { error } = await this.#ask("version", []);
    if (error !== null && error !== undefined) throw new Error(`version: ${JSON.stringify(error)}`);
  }

  async stop(): Promise<string> {
    this.#unixctl.close();
    const log = this.stack.log("ovs-vswitchd");
    await this.stack.close();
    return log;
  }

  async #packets(dice: Dice, tally: Tally): Promise<void> {
    for (let i = 0; i < 10; i++) {
      const bytes = dice.chance(70) ? hostileFrame(dice).bytes : randomFrame(dice);
      await this.#ask("netdev-dummy/receive", [dice.one(["p1", "p2"]), hex(bytes.subarray(0, 3000))]);
      count(tally, "packets");
    }
  }

  async #ask(name: string, args: readonly string[]): Promise<{ readonly result?: Json; readonly error?: Json }> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new Error(
              `no answer to ${name} ${JSON.stringify(args).slice(0, 300)}\n${this.stack.log("ovs-vswitchd").slice(-2000)}`,
            ),
          ),
        10_000,
      );
    });
    try {
      return await Promise.race([this.#unixctl.call(name, args), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { newTunnelPort } from "#datapath/tunnel-kinds.js";
import { compileActions } from "#datapath/userspace/compile.js";
import { COUNTERS, readDrops } from "#datapath/userspace/counters.js";
import { Forwarder } from "#datapath/userspace/forwarder.js";
import { HeadArena } from "#datapath/userspace/frames/head-arena.js";
import { extractKey } from "#flow/extract.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { hex } from "#util/hex.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import { Dice } from "../../test/scenario/pipeline-oracle/random-world.js";
import { type HostileFrame, hostileFrame } from "./hostile-frames.js";
import { count, type Tally } from "./tally.js";

const PACKETS = 2000;
const protocols = ["vxlan", "geneve", "gre", "erspan", "gtpu"] as const;
const FIRST_TUNNEL = 10;

const v4 = (protocol: number): string =>
  `eth(dst=02:00:00:00:00:01,src=02:00:00:00:00:02,dl_type=0x0800),ipv4(src=1.1.1.1,dst=2.2.2.2,proto=${protocol},tos=0,ttl=64,frag=0x0)`;
const v6 = (protocol: number): string =>
  `eth(dst=02:00:00:00:00:01,src=02:00:00:00:00:02,dl_type=0x86dd),ipv6(src=fc00::1,dst=fc00::2,label=0,proto=${protocol},tclass=0x0,hlimit=64)`;
const headers: readonly (readonly [port: number, header: string])[] = [
  [10, `size=50,type=4,${v4(17)},udp(src=0,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x7b)`],
  [10, `size=70,type=4,${v6(17)},udp(src=0,dst=4789,csum=0xffff),vxlan(flags=0x8000000,vni=0x7b)`],
  [
    11,
    `size=62,type=5,${v4(17)},udp(src=0,dst=6081,csum=0xffff),geneve(vni=0x1,options({class=0x1,type=0x80,len=8,0xa}))`,
  ],
  [12, `size=50,type=3,${v4(47)},gre((flags=0xb000,proto=0x6558),csum=0x0,key=0x5,seq=0x0)`],
  [12, `size=62,type=109,${v6(47)},gre((flags=0x2000,proto=0x6558),key=0x6)`],
  [13, `size=50,type=107,${v4(47)},erspan(ver=1,sid=0x3,idx=0x7)`],
  [13, `size=74,type=108,${v6(47)},erspan(ver=2,sid=0x4,dir=1,hwid=0x5)`],
];
const pushes = headers.map(([port, header]) => ({
  port,
  actions: parseDatapathActions(`tnl_push(tnl_port(${port}),header(${header}),out_port(1)),1`),
}));
const others = ["pop_eth", "trunc(30)", "push_vlan(vid=1,pcp=1)", "pop_vlan", "clone(pop_vlan)"];

interface Came {
  readonly frame: Uint8Array;
  readonly offload: Offload;
}

/** Hostile frames through tunnels and out again: nothing throws, what goes in whole comes out the same, and what is lost is counted. */
export function runTunnels(seed: number, tally: Tally): void {
  const dice = new Dice(seed);
  const bed = new Bed(dice);
  for (let i = 0; i < PACKETS; i++) {
    const given = hostileFrame(dice);
    const { port, actions } = dice.one(pushes);
    const before = bed.lost();
    const extra = dice.chance(20) ? parseDatapathActions(dice.one(others)) : [];
    const sent = bed.run(given, [...extra, ...actions]).sent;
    if (given.offload.gsoType === 0 && sent.length + bed.lost() - before !== 1 && extra.length === 0) {
      throw new Error(`${hex(given.bytes)}: ${sent.length} sent, ${bed.lost() - before} counted as lost`);
    }
    for (const one of sent)
      bed.comesBack(one, port, extra.length === 0 && given.offload.gsoType === 0 ? given : undefined);
    bed.spoilt(given, dice.one(sent.length > 0 ? sent : [{ frame: given.bytes, offload: given.offload }]));
    count(tally, "pushed", sent.length);
  }
  for (const [reason, n] of readDrops(bed.counters)) count(tally, reason, n);
}

class Bed {
  readonly counters = new Float64Array(COUNTERS);
  readonly #dice: Dice;
  #sent: Came[] = [];
  #up: { frame: Uint8Array; key: FlowKey }[] = [];
  readonly #arena = new HeadArena(new Uint8Array(1 << 14));
  readonly #forwarder: Forwarder;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#forwarder = new Forwarder(
      {
        send: (_port, head, headAt, headLength, tail, tailAt, tailLength, offload) => {
          const frame = new Uint8Array(headLength + tailLength);
          frame.set(head.subarray(headAt, headAt + headLength));
          frame.set(tail.subarray(tailAt, tailAt + tailLength), headLength);
          this.#sent.push({ frame, offload: { ...offload } });
        },
      },
      {
        upcall: (frame, _length, key) => {
          this.#up.push({ frame: frame.bytes(), key: key.slice() });
          return true;
        },
      },
      { counters: this.counters, arena: this.#arena, random: () => 0 },
    );
    this.#forwarder.addPort(1);
    for (const [i, protocol] of protocols.entries())
      this.#forwarder.addTunnelPort(FIRST_TUNNEL + i, newTunnelPort(protocol));
  }

  lost(): number {
    return [...readDrops(this.counters).values()].reduce((a, b) => a + b, 0);
  }

  run(
    { bytes, offload }: HostileFrame,
    actions: ReturnType<typeof parseDatapathActions>,
  ): { sent: Came[]; up: number } {
    this.#sent = [];
    this.#up = [];
    const key = newKey();
    extractKey(bytes, 0, bytes.length, key, key, newLayers());
    this.#forwarder.execute({ data: bytes, offload }, key, compileActions(actions, key));
    this.#arena.reset();
    return { sent: this.#sent, up: this.#up.length };
  }

  /** What was pushed is taken out by the same port; and is what went in, where that was one frame. */
  comesBack({ frame, offload }: Came, port: number, given: HostileFrame | undefined): void {
    this.run({ bytes: frame, offload }, [{ kind: "tnl_pop", port }]);
    const came = this.#up[0];
    if (given === undefined) return;
    if (came === undefined) throw new Error(`${hex(frame)} does not come out of port ${port}`);
    if (hex(came.frame) !== hex(given.bytes)) throw new Error(`${hex(given.bytes)} comes out as ${hex(came.frame)}`);
    if (came.key[W.inPort] !== port) throw new Error("not from the tunnel's port");
  }

  /** Outer headers with something wrong: it comes out or is counted, once. */
  spoilt(given: HostileFrame, { frame }: Came): void {
    const bytes = frame.slice(0, this.#dice.chance(20) ? this.#dice.below(frame.length + 1) : frame.length);
    for (let i = this.#dice.below(4); i > 0 && bytes.length > 0; i--) {
      bytes[this.#dice.below(Math.min(bytes.length, 90))] = this.#dice.below(256);
    }
    const before = this.lost();
    const offload = this.#dice.chance(10) ? given.offload : plainOffload();
    const { up } = this.run({ bytes, offload }, [{ kind: "tnl_pop", port: 10 + this.#dice.below(6) }]);
    if (offload.gsoType === 0 && up + this.lost() - before !== 1) throw new Error(`${hex(bytes)}: ${up} came out`);
  }
}

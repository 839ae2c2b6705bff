import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { add, mov } from "#bpf/alu.js";
import type { SkbPlaces } from "#bpf/capture-program.js";
import { exit, jump } from "#bpf/control.js";
import {
  FORWARD_PROGRAMS,
  FORWARD_SLOTS,
  ForwardEntry,
  ForwardPart,
  forwardMaps,
  OPERATION_UNITS,
  operationHead,
  processorRow,
  scratch,
} from "#bpf/forward/layout.js";
import { partProgram } from "#bpf/forward/part-program.js";
import { connectionHash } from "#bpf/forward/tunnel-hash.js";
import { pushTunnel } from "#bpf/forward/tunnel-push.js";
import { label } from "#bpf/instruction.js";
import { ArrayMap } from "#bpf/interpreter/array-map.js";
import { kernelFunctions } from "#bpf/interpreter/kernel-functions.js";
import { Machine } from "#bpf/interpreter/machine.js";
import { Skb, type SkbTag } from "#bpf/interpreter/skb.js";
import { ProgramMap } from "#bpf/interpreter/target-map.js";
import { type MapSpec, mapType } from "#bpf/map-spec.js";
import { loadMapValue } from "#bpf/memory.js";
import { r0, r7 } from "#bpf/registers.js";
import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { plainOffload } from "#wire/virtio-net.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { newTunnelPort } from "../tunnel-kinds.js";
import { compileActions } from "../userspace/compile.js";
import { COUNTERS } from "../userspace/counters.js";
import { Forwarder } from "../userspace/forwarder.js";
import { HeadArena } from "../userspace/frames/head-arena.js";
import { connectionHash as hashOf } from "../userspace/frames/packet-hash.js";
import type { Program } from "../userspace/ops.js";
import { encodePop, encodePush } from "./encode-tunnel.js";

const places: SkbPlaces = {
  ...{ csumStart: 136, csumOffset: 138, data: 208, head: 200, networkHeader: 182, transportHeader: 180 },
  ...{ ipSummed: { byte: 128, bit: 5 }, encapsulation: { byte: 129, bit: 0 } },
};
const PLACE = 7;
const ONWARD = 99n;

const array = (name: string, valueSize: number, entries = 1): MapSpec => ({
  ...{ name, type: mapType.array, keySize: 4, valueSize, entries },
});
const specs: readonly MapSpec[] = [
  array(forwardMaps.scratch, scratch.size),
  array(forwardMaps.operations, OPERATION_UNITS * operationHead.size),
  array(forwardMaps.processors, processorRow.size),
  { ...array(forwardMaps.programs, 4, FORWARD_PROGRAMS), type: mapType.progArray },
];

class Interpreted {
  readonly machine: Machine = new Machine({ maps: specs, kernelFunctions: kernelFunctions(places) });
  readonly memory: DataView;

  constructor() {
    const { buffer, byteOffset } = this.machine.map(forwardMaps.scratch, ArrayMap).bytes;
    this.memory = new DataView(buffer, byteOffset);
    const onward = [mov.imm(r0, Number(ONWARD)), exit()];
    this.machine.map(forwardMaps.programs, ProgramMap).set(FORWARD_SLOTS + ForwardPart.forward, onward);
  }

  setKey(frame: Uint8Array): Uint32Array {
    const key = newKey();
    extractKey(frame, 0, frame.length, key, key, newLayers());
    for (let i = 0; i < W.tunMetadata; i++) this.memory.setUint32(scratch.key + 4 * i, key[i]!, true);
    return key;
  }

  /** Has a packet go through the part that puts headers on. */
  push(skb: Skb, units: readonly Uint8Array[]): void {
    const { bytes } = this.machine.map(forwardMaps.operations, ArrayMap);
    for (const [i, unit] of units.entries()) bytes.set(unit, operationHead.size * (PLACE + i));
    this.memory.setUint32(scratch.operation, PLACE, true);
    this.memory.setUint32(scratch.left, 20, true);
    expect(this.machine.run(partProgram(1, pushTunnel(W)), skb)).toBe(ONWARD);
    expect(this.memory.getUint32(scratch.resume, true)).toBe(ForwardEntry.onward);
    expect(this.memory.getUint32(scratch.operation, true)).toBe(PLACE + units.length);
    expect(this.memory.getUint32(scratch.left, true)).toBe(20 - units.length);
  }
}

const eth = (type: string): string => `eth(dst=02:00:00:00:00:0b,src=02:00:00:00:00:0a,dl_type=${type})`;
const over4 = (protocol: number): string =>
  `${eth("0x0800")},ipv4(src=10.1.0.1,dst=10.1.0.2,proto=${protocol},tos=3,ttl=64,frag=0x4000)`;
const over6 = (protocol: number): string =>
  `${eth("0x86dd")},ipv6(src=fd00::1,dst=fd00::2,label=5,proto=${protocol},tclass=0,hlimit=64)`;
const vxlan = "udp(src=0,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x7b)";
const options = `options({class=0x102,type=0x80,len=40,0x${"5a".repeat(40)}})`;
const headers: readonly string[] = [
  `size=50,type=4,${over4(17)},${vxlan}`,
  `size=70,type=4,${over6(17)},${vxlan}`,
  `size=94,type=5,${over4(17)},udp(src=0,dst=6081,csum=0x0),geneve(vni=0x7,${options})`,
  `size=114,type=5,${over6(17)},udp(src=0,dst=6081,csum=0x0),geneve(vni=0x7,${options})`,
  `size=42,type=3,${over4(47)},gre((flags=0x2000,proto=0x6558),key=0x1c8)`,
  `size=58,type=3,${over6(47)},gre((flags=0x0,proto=0x6558))`,
];
const programOf = (header: string): Program =>
  compileActions(parseDatapathActions(`tnl_push(tnl_port(9),header(${header}),out_port(1)),1`), newKey());

/** What the userspace engine sends. */
function sent(program: Program, frame: Uint8Array): Uint8Array {
  const frames: Uint8Array[] = [];
  const core = new Forwarder(
    {
      send: (_port, head, headAt, headLength, tail, tailAt, tailLength) => {
        const whole = new Uint8Array(headLength + tailLength);
        whole.set(head.subarray(headAt, headAt + headLength));
        whole.set(tail.subarray(tailAt, tailAt + tailLength), headLength);
        frames.push(whole);
      },
    },
    { upcall: () => true },
    { counters: new Float64Array(COUNTERS), arena: new HeadArena(new Uint8Array(1 << 16)), random: () => 0 },
  );
  core.addPort(1);
  core.addTunnelPort(9, newTunnelPort("vxlan"));
  const key = newKey();
  extractKey(frame, 0, frame.length, key, key, newLayers());
  core.execute({ data: frame, offload: plainOffload() }, key, program);
  return frames[0]!;
}

const ip = fc
  .tuple(
    fc.constantFrom(0x45, 0x60),
    fc.constantFrom(1, 2, 6, 17, 47, 58, 132),
    fc.uint8Array({ minLength: 64, maxLength: 90 }),
  )
  .map(([first, protocol, bytes]): [number, Uint8Array] => {
    bytes[0] = first;
    const isIpv6 = first === 0x60;
    bytes.set(isIpv6 ? [0, bytes.length - 40, protocol] : [0, 0], isIpv6 ? 4 : 6);
    if (!isIpv6) {
      bytes.set([0, bytes.length], 2);
      bytes[9] = protocol;
    }
    return [isIpv6 ? 0x86dd : 0x0800, bytes];
  });
const other = fc.tuple(fc.constantFrom(0x0806, 0x1234), fc.uint8Array({ minLength: 28, maxLength: 60 }));
const frames = fc
  .tuple(fc.uint8Array({ minLength: 12, maxLength: 12 }), fc.oneof(ip, other))
  .map(([addresses, [type, bytes]]) => Uint8Array.from([...addresses, type >> 8, type & 0xff, ...bytes]));
const tags = fc.array(fc.record({ tpid: fc.constantFrom(0x8100, 0x88a8), tci: fc.nat(0xffff) }), { maxLength: 4 });

/** The frame with tags in it. */
function tagged(frame: Uint8Array, list: readonly SkbTag[]): Uint8Array {
  const words = list.flatMap(({ tpid, tci }) => [tpid >> 8, tpid & 0xff, tci >> 8, tci & 0xff]);
  return Uint8Array.from([...frame.subarray(0, 12), ...words, ...frame.subarray(12)]);
}

const seed = Number(process.env["WEFT_SEED"] ?? 1);

describe("the part that puts tunnels' headers on", () => {
  it("makes the hash of a connection as the threads do", () => {
    const interpreted = new Interpreted();
    const items = [
      loadMapValue(r7, forwardMaps.scratch),
      ...connectionHash(W),
      jump("end"),
      label("end"),
      add.imm(r0, 0),
      exit(),
    ];
    fc.assert(
      fc.property(frames, (frame) => {
        const key = interpreted.setKey(frame);
        expect(interpreted.machine.run(items, new Skb(frame))).toBe(BigInt(hashOf(key)));
      }),
      { seed, numRuns: 200 },
    );
  });

  it.each(headers)("does as the threads do: %s", (header) => {
    const interpreted = new Interpreted();
    const program = programOf(header);
    const units = encodePush(program[0]!.push!, []);
    if (typeof units === "string") throw new Error(units);
    fc.assert(
      fc.property(frames, tags, fc.boolean(), (frame, list, isEncapsulated) => {
        const whole = tagged(frame, list);
        interpreted.setKey(whole);
        // The first tag waits beside the packet.
        const [tag] = list;
        const skb = new Skb(tagged(frame, list.slice(1)), tag ? { tag } : {});
        skb.isEncapsulated = isEncapsulated;
        interpreted.push(skb, units);
        expect(Buffer.from(skb.bytes).toString("hex")).toBe(Buffer.from(sent(program, whole)).toString("hex"));
        expect(skb.tag).toBeUndefined();
        expect(skb.protocol).toBe(header.includes("ipv6") ? 0x86dd : 0x0800);
        expect(skb.networkOffset).toBe(14);
      }),
      { seed, numRuns: 60 },
    );
  });
});

describe("encodePush and encodePop", () => {
  const reason = (text: string, before = ""): string => {
    const program = compileActions(
      parseDatapathActions(`${before}tnl_push(tnl_port(9),header(${text}),out_port(1)),1`),
      newKey(),
    );
    const at = program.findIndex(({ push }) => push !== undefined);
    const units = encodePush(program[at]!.push!, program.slice(0, at));
    return typeof units === "string" ? units : "";
  };

  it("leave what the kernel cannot do", () => {
    expect(reason(`size=50,type=4,${over4(17)},${vxlan}`)).toBe("");
    expect(reason(`size=50,type=4,${over4(17)},${vxlan}`, "set(eth(dst=02:00:00:00:00:01)),")).toBe("");
    expect(reason(`size=50,type=4,${over4(17)},${vxlan}`, "set(ipv4(src=1.2.3.4)),")).toContain("has changed");
    expect(reason(`size=50,type=4,${over4(17)},${vxlan}`, "set(ipv4(ttl=3)),")).toBe("");
    expect(reason(`size=50,type=4,${over4(17)},${vxlan.replace("csum=0x0", "csum=0xffff")}`)).toContain("checksums");
    const tag = "push_vlan(vid=5,pcp=0),";
    expect(reason(`size=50,type=4,${over4(17)},${vxlan}`, tag.repeat(2))).toBe("");
    expect(reason(`size=50,type=4,${over4(17)},${vxlan}`, tag.repeat(3))).toContain("many tags");
    expect(reason(`size=42,type=3,${over4(47)},gre((flags=0x1000,proto=0x6558),seq=0x0)`)).toContain("numbers");
    expect(reason(`size=42,type=3,${over4(47)},gre((flags=0x2000,proto=0x800),key=0x5)`)).toContain("unusual");
    expect(reason(`size=50,type=107,${over4(47)},erspan(ver=1,sid=0x3,idx=0x7)`)).toContain("erspan");
    const pop = compileActions(parseDatapathActions("tnl_pop(9)"), newKey());
    expect(encodePop(pop, () => undefined)).toContain("does not read");
    expect(encodePop(pop, () => ({ slot: 1, protocol: "gtpu" }))).toContain("does not read");
    expect(encodePop(pop, () => ({ slot: 1, protocol: "gre" }))).toBeInstanceOf(Uint8Array);
  });
});

import { describe, expect, it } from "vitest";
import {
  branch,
  DropKind,
  downOutput,
  FAN_OUT_LONGEST,
  fanOut,
  HeadFlag,
  Operation,
  operationHead,
  setWord,
} from "#bpf/forward/layout.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { packetMask } from "#flow/packet-mask.js";
import { shapeOf } from "#flow/shape.js";
import type { DatapathMeter } from "../meters.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { compileActions } from "../userspace/compile.js";
import { encodeMatch, type ForwardMatch } from "./encode-match.js";
import { encodeProgram, type ProgramPlaces } from "./encode-program.js";

const names = new Map<number, string>(Object.entries(Operation).map(([name, code]) => [code, name]));
const band = { rate: 1, burst: 1, precedence: 1 };
const meters: Readonly<Record<number, DatapathMeter>> = {
  1: { unit: "pktps", bands: [{ ...band, type: "drop" }] },
  2: { unit: "pktps", bands: [{ ...band, type: "dscp_remark" }] },
};
const DOWN = 5;
const places: ProgramPlaces = {
  port: (number) =>
    number < 9 ? { ifindex: 100 + number, mtu: 1500, downSlot: number === DOWN ? 50 : undefined } : undefined,
  tunnel: () => undefined,
  meter: (id) => (id === 3 ? undefined : id in meters ? { row: 7, meter: meters[id]! } : "none"),
};

/** What a flow of IPv4 with that protocol becomes, or why nothing. */
function encode(text: string, protocol = 6, named = places): { operations: string[]; view: DataView } | string {
  const key = newKey();
  key[W.inPort] = 1;
  key[W.ethType] = 0x0800;
  key[W.nw] = (64 << 8) | protocol;
  const shape = shapeOf(packetMask(key));
  const values: number[] = [];
  shape.gather(key, values, 0);
  const match = encodeMatch(shape, values, 0) as ForwardMatch;
  const encoded = encodeProgram(compileActions(parseDatapathActions(text), key), match, named);
  if (typeof encoded === "string") return encoded;
  const { buffer, byteOffset, length } = encoded.bytes;
  const view = new DataView(buffer, byteOffset, length);
  const operations = Array.from(
    { length: length / operationHead.size - 1 },
    (_, i) => names.get(view.getUint32(operationHead.size * (i + 1), true))!,
  );
  return { operations, view };
}

const listOf = (text: string, protocol?: number): { operations: string[]; view: DataView } => {
  const encoded = encode(text, protocol);
  if (typeof encoded === "string") throw new Error(encoded);
  return encoded;
};
const at = (operation: number): number => operationHead.size * (operation + 1);

describe("encodeProgram", () => {
  const reasons: Readonly<Record<string, string>> = {
    "9": "outputs to a port that the program cannot send by",
    "trunc(100),2,push_vlan(vid=1,pcp=0),3": "goes on with packets that it has cut off",
    "trunc(100),2,2": "goes on with packets that it has cut off",
    "trunc(60),2,trunc(100),2": "goes on with packets that it has cut off",
    "trunc(100),push_vlan(vid=1,pcp=0),2": "cuts packets off for something else than an output",
    "trunc(100),clone(2),3": "cuts packets off for something else than an output",
    "clone(trunc(100),2),3": "cuts a copy off and goes on",
    "sample(sample=50%,actions(trunc(100),2)),3": "cuts a copy off and goes on",
    "trunc(1515),2": "cuts packets off where their port would",
    "meter(1),trunc(100),2": "meters packets after something else",
    "userspace(pid=1)": "sends packets up",
    "recirc(1),2": "recirculates a copy",
    "clone(push_vlan(vid=1,pcp=0),2),3": "changes a copy and goes on",
    "sample(sample=50%,actions(set(skb_mark(1)),2)),3": "changes a copy and goes on",
    "2,meter(1),2": "meters packets after something else",
    "clone(meter(1)),2": "meters packets after something else",
    "meter(2),2": "meters packets, to mark them",
    "meter(3),2": "meters packets elsewhere",
    "sample(sample=1%,actions(userspace(pid=1))),2,sample(sample=2%,actions(userspace(pid=1)))":
      "samples packets a second time, or some of them",
    "sample(sample=50%,actions(2)),sample(sample=1%,actions(userspace(pid=1)))":
      "samples packets a second time, or some of them",
    "clone(push_vlan(vid=1,pcp=0),sample(sample=1%,actions(userspace(pid=1)))),2": "changes a copy and goes on",
    "2,sample(sample=100%,actions(userspace(pid=1)))": "sends packets up",
    "meter(1),sample(sample=1%,actions(userspace(pid=1))),2": "meters packets after something else",
    "trunc(100),2,sample(sample=1%,actions(userspace(pid=1)))": "cuts packets off of which it takes samples",
    "push_vlan(vid=1,pcp=0),push_vlan(vid=1,pcp=0),push_vlan(vid=1,pcp=0),hash(l4(0)),recirc(1)":
      "hashes packets whose tags it has changed",
    "push_mpls(label=1,tc=0,ttl=64,bos=1,eth_type=0x8847),2": "does what the program cannot (6)",
    [Array.from({ length: 40 }, () => "2").join()]: "does too much",
    [`${Array.from({ length: 6 }, () => "sample(sample=50%,actions(2))").join()},3`]: "does too much",
  };
  it.each(Object.entries(reasons))("leaves %s to the threads, and says why", (text, reason) => {
    expect(encode(text)).toBe(reason);
  });

  it("sends the packet itself where nothing comes behind, however nested", () => {
    expect(listOf("2,clone(3,4)").operations).toEqual(["output", "output", "lastOutput", "end"]);
    expect(listOf("clone(3),2").operations).toEqual(["output", "lastOutput", "end"]);
  });

  describe("with a fan-out device", () => {
    const direct = (number: number): boolean => number !== 3;
    const withSets: ProgramPlaces = {
      ...places,
      tunnel: () => ({ slot: 1, protocol: "vxlan" }),
      port: (number) =>
        number < 99 ? { ifindex: 100 + number, mtu: 1500 + number, isDirect: direct(number) } : undefined,
      fanOut: (ifindexes) => ({ ifindex: 77, set: ifindexes.length }),
    };
    const listBy = (text: string) => {
      const encoded = encode(text, 6, withSets);
      if (typeof encoded === "string") throw new Error(encoded);
      const { view } = encoded;
      const flags = view.getUint16(operationHead.flags, true);
      const pushed = view.getUint16(operationHead.pushed, true);
      const [outputs, limit] = [operationHead.outputs, operationHead.limit].map((where) => view.getUint32(where, true));
      return { ...encoded, flags, pushed, outputs, limit };
    };

    it("copies many packets by it, and has a way for large segments beside it", () => {
      const { operations, view, flags, pushed, outputs, limit } = listBy("2,3,4,5,6");
      expect(operations).toEqual(["output", "lastFanOut", "output", "output", "output", "lastOutput", "end"]);
      expect([flags, pushed, outputs, limit]).toEqual([HeadFlag.copies, 0, 5, 1516]);
      expect(view.getUint32(at(0) + 4, true)).toBe(103);
      expect(view.getUint32(at(1) + fanOut.ifindex, true)).toBe(77);
      expect(view.getUint16(at(1) + fanOut.set, true)).toBe(4);
    });

    it("goes on behind the outputs that stand beside it", () => {
      const { operations, view } = listBy("4,5,6,7,push_vlan(vid=1,pcp=0),2,3,4,5,6");
      expect(operations).toEqual([
        ...["fanOut", "output", "output", "output", "output", "pushVlan"],
        ...["output", "lastFanOut", "output", "output", "output", "lastOutput", "end"],
      ]);
      expect(view.getUint8(at(0) + fanOut.target)).toBe(operations.indexOf("pushVlan"));
    });

    it("leaves large segments to the threads where there is no room for outputs beside it", () => {
      const many = Array.from({ length: 40 }, (_, i) => 4 + i).join();
      const { operations, flags, pushed, outputs, limit } = listBy(many);
      expect(operations).toEqual(["lastFanOut", "countSome", "end"]);
      expect([flags, pushed, outputs, limit]).toEqual([HeadFlag.copies, 0xffff, 40, 1518]);
      expect(listBy(`${many},pop_vlan,2`).operations).toEqual([
        ...["fanOut", "countSome", "popVlan", "lastOutput", "end"],
      ]);
    });

    it("leaves them there, too, where packets go into a tunnel behind the copies", () => {
      const many = Array.from({ length: 40 }, (_, i) => 4 + i).join();
      const ethernet = "eth(dst=02:00:00:00:00:0b,src=02:00:00:00:00:0a,dl_type=0x0800)";
      const ip = "ipv4(src=10.1.0.1,dst=10.1.0.2,proto=17,tos=0,ttl=64,frag=0x4000)";
      const vxlan = "udp(src=0,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x7b)";
      const push = `tnl_push(tnl_port(9),header(size=50,type=4,${ethernet},${ip},${vxlan}),out_port(2)),2`;
      expect(listBy(push).pushed).toBe(50);
      const { operations, pushed } = listBy(`${many},${push}`);
      expect(operations.slice(0, 3)).toEqual(["fanOut", "countSome", "tunnelPush"]);
      expect(pushed).toBe(0xffff);
    });

    it("leaves packets to the threads that are longer than what it takes where there are no outputs beside it", () => {
      const many = Array.from({ length: 40 }, (_, i) => 4 + i).join();
      const limitOf = (text: string): number => {
        const jumbo = { ...withSets, port: (number: number) => ({ ...withSets.port(number)!, mtu: 65535 }) };
        const encoded = encode(text, 6, jumbo);
        if (typeof encoded === "string") throw new Error(encoded);
        return encoded.view.getUint32(operationHead.limit, true);
      };
      expect(limitOf("4,5,6,7")).toBe(0xffff);
      expect(limitOf(many)).toBe(FAN_OUT_LONGEST);
      expect(limitOf(`push_vlan(vid=1,pcp=0),${many}`)).toBe(FAN_OUT_LONGEST - 4);
    });

    it("is for many only, and for ports alone whose queues may be passed by", () => {
      expect(listBy("4,5,6").operations).toEqual(["output", "output", "lastOutput", "end"]);
      expect(listBy("3,4,5,6").operations).toEqual(["output", "output", "output", "lastOutput", "end"]);
      const runs = Array.from({ length: 4 }, () => "4,5,6,7").join(",pop_vlan,");
      expect(listBy(runs).operations.filter((name) => name.endsWith("anOut"))).toHaveLength(4);
    });

    it("says nothing of it where there is no such place", () => {
      const none = { ...withSets, fanOut: () => undefined };
      expect((encode("4,5,6,7", 6, none) as { operations: string[] }).operations.at(0)).toBe("output");
    });
  });

  it("counts what ports that are down do not send, and goes on; the last that sends needs no copy", () => {
    const ends = {
      "5,2": ["downOutput"],
      "2,5": ["downOutput"],
      "2,5,3": ["downOutput", "output"],
      "2,clone(5)": ["downOutput"],
    };
    for (const [text, before] of Object.entries(ends)) {
      const { operations, view } = listOf(text);
      expect(operations).toEqual([...before, "lastOutput", "end"]);
      expect(view.getUint32(at(0) + downOutput.slot, true)).toBe(50);
      // The thread counts them as sent, too, and as lost afterwards.
      expect(view.getUint32(operationHead.outputs, true)).toBe(operations.length - 1);
    }
    expect(listOf("5").operations).toEqual(["downOutput", "end"]);
    expect(listOf("2,push_vlan(vid=1,pcp=0),3,5").operations).toEqual([
      ...["output", "pushVlan", "downOutput", "lastOutput", "end"],
    ]);
    expect(listOf("check_pkt_len(size=100,gt(2,5),le(3))").operations.slice(4)).toEqual([
      ...["countSome", "downOutput", "lastOutput", "end"],
    ]);
  });

  it("samples packets before all else, wherever it is to do so", () => {
    const sample = "sample(sample=1%,actions(userspace(pid=1)))";
    expect(listOf(`${sample},2`).operations).toEqual(["sampleUp", "lastOutput", "end"]);
    expect(listOf(`2,${sample}`).operations).toEqual(["sampleUp", "lastOutput", "end"]);
    expect(listOf(`push_vlan(vid=1,pcp=0),2,${sample},clone(3)`).operations).toEqual([
      ...["sampleUp", "pushVlan", "output", "lastOutput", "end"],
    ]);
    const { operations, view } = listOf(sample);
    expect(operations).toEqual(["sampleUp", "end"]);
    expect(view.getUint32(operationHead.drop, true)).toBe(DropKind.none);
    expect(view.getUint16(operationHead.flags, true)).toBe(HeadFlag.countsLater);
  });

  it("cuts packets off last, and less and less is left of them", () => {
    const { operations, view } = listOf("trunc(60),2,5,trunc(9),3,4,trunc(60),1,trunc(80),5");
    expect(operations).toEqual([
      ...["mayCut", "downOutput", "downOutput", "output", "cut", "output", "output", "cut", "lastOutput", "end"],
    ]);
    const value = (i: number): number => view.getUint32(at(i) + branch.value, true);
    expect([3, 5, 6, 8].map(value)).toEqual([104, 102, 101, 103]);
    expect([4, 7].map(value)).toEqual([60, 14]);
    // Where a tag is beside the packet, there is less of the rest.
    expect(value(0)).toBe(10);
    expect(view.getUint16(operationHead.flags, true)).toBe(HeadFlag.countsLater);
    expect(view.getUint32(operationHead.outputs, true)).toBe(6);
    expect(view.getUint32(operationHead.limit, true)).toBe(1514);
    const tagged = listOf("push_vlan(vid=1,pcp=0),trunc(60),2");
    expect(tagged.view.getUint32(at(0) + branch.value, true)).toBe(60 - 8);
    // Nothing that is not cut off can be too long here.
    expect(tagged.view.getUint32(operationHead.limit, true)).toBe(0xffff);
  });

  it("cuts off what samples take, and nothing where nothing is sent", () => {
    expect(listOf("sample(sample=50%,actions(trunc(60),2,trunc(50),3))").operations).toEqual([
      ...["mayCut", "sample", "countSome", "cut", "output", "cut", "lastOutput", "end"],
    ]);
    const { operations, view } = listOf("clone(trunc(40)),trunc(60),trunc(70),2");
    expect(operations).toEqual(["mayCut", "cut", "lastOutput", "end"]);
    expect(view.getUint32(at(1) + branch.value, true)).toBe(70);
  });

  it("branches by length, each branch from what the packet was before", () => {
    const { operations, view } = listOf("check_pkt_len(size=100,gt(push_vlan(vid=1,pcp=0),2),le(3))");
    const [check, shorter, longer] = [0, 2, 4];
    expect(operations).toEqual([
      ...["checkLength", "countSome", "lastOutput", "goTo"],
      ...["countSome", "pushVlan", "lastOutput", "end"],
    ]);
    expect(view.getUint32(at(check) + branch.value, true)).toBe(100);
    expect(view.getUint8(at(check) + branch.target)).toBe(longer);
    expect(view.getUint8(at(shorter + 1) + branch.target)).toBe(operations.indexOf("end"));
    // Neither branch's outputs are each packet's.
    expect(view.getUint32(operationHead.outputs, true)).toBe(0);
    expect(view.getUint32(operationHead.limit, true)).toBe(1514);
  });

  it("keeps of the key what is looked at again, and no more", () => {
    expect(listOf("set(skb_mark(1)),ct_clear,hash(l4(0)),2").operations).toEqual(["setKey", "lastOutput", "end"]);
    const { operations } = listOf("ct_clear,hash(l4(0)),recirc(1)");
    expect(operations).toEqual(["clearTracking", "hash", "recirculate", "end"]);
    // A hash is of what the packet is by then.
    const behind = listOf("set(tcp(dst=5)),hash(l4(0)),recirc(1)").operations;
    expect(behind.slice(behind.indexOf("setWord"))).toEqual(["setWord", "setKey", "hash", "recirculate", "end"]);
    expect(listOf("set(tcp(dst=5)),recirc(1)").operations.at(-3)).toBe("setWord");
  });

  it("has UDP's checksum stay away where there is none, and is only for packets that are in no tunnel", () => {
    const { view } = listOf("set(udp(src=1)),2", 17);
    expect(view.getUint16(operationHead.flags, true)).toBe(HeadFlag.guarded);
    expect(view.getUint8(at(0) + setWord.checksum)).toBe(6);
    expect(view.getUint16(at(0) + setWord.flags, true)).toBe(0x22);
    expect(listOf("set(tcp(src=1)),2").view.getUint16(operationHead.flags, true)).toBe(0);
  });

  it("meters first, and what is beyond the rate goes to the end", () => {
    const { operations, view } = listOf("meter(1),2,3");
    expect(operations).toEqual(["meter", "output", "lastOutput", "end"]);
    expect(view.getUint16(operationHead.flags, true)).toBe(HeadFlag.countsLater);
    expect(view.getUint32(at(0) + branch.value, true)).toBe(7);
    expect(view.getUint8(at(0) + branch.target)).toBe(3);
    expect(listOf("meter(77),2").operations).toEqual(["lastOutput", "end"]);
  });
});

import { describe, expect, it } from "vitest";
import { setWord } from "#bpf/forward/layout.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { packetMask } from "#flow/packet-mask.js";
import { shapeOf } from "#flow/shape.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { compileActions } from "../userspace/compile.js";
import { encodeMatch, type ForwardMatch } from "./encode-match.js";
import { encodeRewrite } from "./encode-rewrite.js";
import { KnownNeighbour } from "./known-neighbour.js";

/** Whether a device's sum over the packet follows each change of 16 bits that a set action becomes. */
function follows(text: string, type: number, protocol: number): boolean[] {
  const key = newKey();
  key[W.inPort] = 1;
  key[W.ethType] = type;
  key[W.nw] = (64 << 8) | protocol;
  const shape = shapeOf(packetMask(key));
  const values: number[] = [];
  shape.gather(key, values, 0);
  const match = encodeMatch(shape, values, 0) as ForwardMatch;
  return compileActions(parseDatapathActions(text), key).flatMap(({ change }) => {
    if (change === undefined) return [];
    const units = encodeRewrite(change, match, () => KnownNeighbour.of(match));
    if (typeof units === "string") throw new Error(units);
    return units.map((unit) => unit[setWord.storeFlags] === 1);
  });
}

const [IPV4, IPV6] = [0x0800, 0x86dd];
const [TCP, GRE] = [6, 47];

describe("encodeRewrite: a device's sum over the packet", () => {
  it("knows nothing of Ethernet's header", () => {
    expect(follows("set(eth(src=02:00:00:00:00:01))", IPV4, TCP)).toEqual([false, false, false]);
  });

  it("stays where a checksum in the packet makes up for the change", () => {
    expect(follows("set(ipv4(src=10.0.0.9,ttl=3))", IPV4, TCP)).toEqual([false, false, false]);
    expect(follows("set(ipv4(dst=10.0.0.9))", IPV4, GRE)).toEqual([false, false]);
    expect(follows("set(tcp(src=80))", IPV6, TCP)).toEqual([false]);
  });

  it("follows where none does: of IPv6's addresses the kernel thinks that one had", () => {
    expect(follows("set(ipv6(hlimit=3))", IPV6, TCP)).toEqual([true]);
    expect(follows("set(ipv6(src=2001:db8::1))", IPV6, TCP)).toEqual(Array.from({ length: 8 }, () => true));
    expect(follows("set(ipv6(src=2001:db8::1))", IPV6, GRE)).toEqual(Array.from({ length: 8 }, () => true));
  });
});

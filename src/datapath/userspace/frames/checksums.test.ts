import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { put16, u16 } from "#util/big-endian.js";
import { formatIpv6 } from "#util/ip.js";
import { checksum, crc32c, finishSum, pseudoSum4, pseudoSum6, sumBytes } from "#wire/checksum.js";
import { plainOffload } from "#wire/virtio-net.js";
import { parseDatapathActions } from "../../text/action-parse.js";
import { compileActions } from "../compile.js";
import { COUNTERS } from "../counters.js";
import { Forwarder } from "../forwarder.js";
import { HeadArena } from "./head-arena.js";

const [TCP, UDP, SCTP, ICMPV6] = [6, 17, 132, 58];
const fields: ReadonlyMap<number, number> = new Map([
  [TCP, 16],
  [UDP, 6],
  [ICMPV6, 2],
]);

interface Packet {
  readonly frame: Uint8Array;
  readonly ip: number;
  readonly l4: number;
  readonly protocol: number;
  /** What the pseudo header has for a destination, where that is not the header's. */
  readonly finally: number | undefined;
}

/** The value of the checksum field as a whole new calculation has it. */
function wanted({ frame, ip, l4, protocol, finally: at }: Packet): number {
  const copy = frame.slice();
  const length = frame.length - l4;
  if (protocol === SCTP) {
    copy.fill(0, l4 + 8, l4 + 12);
    return crc32c(copy, l4, copy.length);
  }
  put16(copy, l4 + fields.get(protocol)!, 0);
  if (at !== undefined) copy.copyWithin(ip + 24, at, at + 16);
  const isIpv6 = copy[ip]! >> 4 === 6;
  const pseudo = isIpv6 ? pseudoSum6(copy, ip, protocol, length) : pseudoSum4(copy, ip, protocol, length);
  const sum = finishSum(sumBytes(copy, l4, copy.length, pseudo));
  return protocol === UDP && sum === 0 ? 0xffff : sum;
}

function held({ frame, l4, protocol }: Packet): number {
  if (protocol === SCTP) return new DataView(frame.buffer).getUint32(l4 + 8, true);
  return u16(frame, l4 + fields.get(protocol)!);
}

function finish(packet: Packet): Packet {
  const { frame, l4, protocol } = packet;
  if (protocol === SCTP) new DataView(frame.buffer).setUint32(l4 + 8, wanted(packet), true);
  else put16(frame, l4 + fields.get(protocol)!, wanted(packet));
  return packet;
}

function transport(protocol: number, noise: Uint8Array): Uint8Array {
  const b = new Uint8Array((protocol === TCP ? 20 : protocol === SCTP ? 16 : protocol === UDP ? 8 : 24) + noise.length);
  b.set(noise, b.length - noise.length);
  b.set(noise.subarray(0, 4));
  if (protocol === TCP) b[12] = 0x50;
  if (protocol === UDP) put16(b, 4, b.length);
  if (protocol === ICMPV6) b.set([135, 0]);
  return b;
}

/** Without, or with a routing header whose last address the packet has still to go to, or not any more. */
function ipv6(protocol: number, noise: Uint8Array, segmentsLeft: number | undefined): Packet {
  const routing =
    segmentsLeft === undefined ? [] : [protocol, 2, 0, segmentsLeft, 0, 0, 0, 0, 0xfd, ...new Uint8Array(14), 9];
  const body = transport(protocol, noise);
  const frame = new Uint8Array(54 + routing.length + body.length);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60]);
  put16(frame, 18, routing.length + body.length);
  frame.set([segmentsLeft === undefined ? protocol : 43, 64, 0xfc], 20);
  frame.set([1, 0xfc], 37);
  frame[53] = 2;
  frame.set(routing, 54);
  frame.set(body, 54 + routing.length);
  const l4 = 54 + routing.length;
  return finish({ frame, ip: 14, l4, protocol, finally: segmentsLeft ? 62 : undefined });
}

function ipv4(protocol: number, noise: Uint8Array): Packet {
  const body = transport(protocol, noise);
  const frame = new Uint8Array(34 + body.length);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45]);
  put16(frame, 16, 20 + body.length);
  frame.set([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 22);
  frame.set(body, 34);
  put16(frame, 24, checksum(frame, 14, 34));
  return finish({ frame, ip: 14, l4: 34, protocol, finally: undefined });
}

/** The packet after actions. */
function changed(packet: Packet, text: string): Packet {
  let sent = new Uint8Array(0);
  const forwarder = new Forwarder(
    {
      send: (_port, head, headAt, headLength, tail, tailAt, tailLength) => {
        sent = new Uint8Array(headLength + tailLength);
        sent.set(head.subarray(headAt, headAt + headLength));
        sent.set(tail.subarray(tailAt, tailAt + tailLength), headLength);
      },
    },
    { upcall: () => false },
    { counters: new Float64Array(COUNTERS), arena: new HeadArena(new Uint8Array(4096)), random: () => 0 },
  );
  forwarder.addPort(1);
  const key = newKey();
  extractKey(packet.frame, 0, packet.frame.length, key, key, newLayers());
  forwarder.execute(
    { data: packet.frame, offload: plainOffload() },
    key,
    compileActions(parseDatapathActions(text), key),
  );
  return { ...packet, frame: sent };
}

const noise = fc.uint8Array({ minLength: 4, maxLength: 60 });
const word = fc.integer({ min: 0, max: 0xffffffff });
const address6 = fc.tuple(word, word, word, word).map((w) => formatIpv6(...w));
const address4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((b) => b.join("."));
const port = fc.integer({ min: 0, max: 65535 });

/** A set of ports, or of the target of neighbour discovery. */
function setTransport(protocol: number, number: number, target: string): string {
  const name = protocol === TCP ? "tcp" : protocol === UDP ? "udp" : "sctp";
  return protocol === ICMPV6 ? `set(nd(target=${target}))` : `set(${name}(dst=${number}))`;
}

describe("checksums after sets", () => {
  it("are those of a whole calculation: IPv6, with routing headers", () => {
    const protocols = fc.constantFrom(TCP, UDP, SCTP, ICMPV6);
    const segments = fc.constantFrom(undefined, 0, 1);
    fc.assert(
      fc.property(protocols, noise, segments, address6, address6, port, (protocol, bytes, left, src, dst, number) => {
        const packet = ipv6(protocol, bytes, left);
        const text = `set(ipv6(src=${src},dst=${dst},hlimit=3)),${setTransport(protocol, number, src)},1`;
        const made = changed(packet, text);
        expect(held(made)).toBe(wanted(made));
      }),
      { seed: 6, numRuns: 500 },
    );
  });

  it("are those of a whole calculation: IPv4", () => {
    const protocols = fc.constantFrom(TCP, UDP, SCTP);
    fc.assert(
      fc.property(protocols, noise, address4, address4, port, (protocol, bytes, src, dst, number) => {
        const made = changed(
          ipv4(protocol, bytes),
          `set(ipv4(src=${src},dst=${dst},ttl=9)),${setTransport(protocol, number, "::")},1`,
        );
        expect(held(made)).toBe(wanted(made));
        expect(checksum(made.frame, 14, 34)).toBe(0);
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  it("stay none where UDP over IPv4 has none", () => {
    const packet = ipv4(UDP, new Uint8Array(9));
    put16(packet.frame, 40, 0);
    const made = changed(packet, "set(ipv4(src=1.2.3.4)),set(udp(src=7,dst=8)),1");
    expect(held(made)).toBe(0);
    expect([...made.frame.subarray(34, 38)]).toEqual([0, 7, 0, 8]);
  });

  it("stay as wrong as they were", () => {
    for (const protocol of [TCP, UDP, SCTP, ICMPV6]) {
      const right = ipv6(protocol, Uint8Array.of(1, 2, 3, 4, 5), 1);
      const wrong = { ...right, frame: right.frame.slice() };
      wrong.frame[wrong.l4 + (protocol === SCTP ? 9 : fields.get(protocol)!)]! ^= 0x10;
      const made = changed(wrong, "set(ipv6(src=fd::5,dst=fd::6)),1");
      expect(held(made)).not.toBe(wanted(made));
    }
  });
});

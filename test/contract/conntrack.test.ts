import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CtAction } from "#datapath/actions.js";
import { Conntrack } from "#datapath/conntrack/conntrack.js";
import { ctStepOf } from "#datapath/conntrack/ct-step.js";
import { describeConnection } from "#datapath/conntrack/describe-connection.js";
import { formatConnection, showConnection } from "#datapath/conntrack/show-connection.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { Frame } from "#datapath/userspace/frames/frame.js";
import { HeadArena } from "#datapath/userspace/frames/head-arena.js";
import { extractKey } from "#flow/extract.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { CtState, W } from "#flow/layout.js";
import { put16, u16 } from "#util/big-endian.js";
import { foldSum, pseudoSum4, sumBytes } from "#wire/checksum.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import { icmp, ipv4, ipv6, packetOf, tcp, udp } from "../support/ip-frames.js";

const { est, inv, rel, rpl, snat, dnat, trk } = CtState;
const NEW = CtState.new;

/** A tracker and what goes through it. */
class Bed {
  readonly conntrack: Conntrack;
  readonly #layers = newLayers();

  constructor(seed = 0.5) {
    let state = seed;
    this.conntrack = new Conntrack(() => (state = (state * 9301.7 + 0.49297) % 1));
    this.conntrack.setTime(1000);
  }

  put(text: string, data: Uint8Array, offload: Offload = plainOffload(), key: FlowKey = newKey()) {
    const frame = new Frame(new HeadArena(new Uint8Array(1 << 16)));
    frame.reset(data, 0, data.length, offload);
    extractKey(data, 0, data.length, key, key, this.#layers);
    const fate = this.conntrack.track(frame, key, ctStepOf(parseDatapathActions(text)[0] as CtAction));
    return { fate, state: key[W.ctState]!, key, bytes: frame.bytes(), offload: frame.offload };
  }

  dump(): string[] {
    const found: string[] = [];
    for (let id = 0; id < this.conntrack.pool.end; id++) {
      if (!this.conntrack.isAlive(id)) continue;
      found.push(
        formatConnection(showConnection(describeConnection(this.conntrack, id), { more: false, statistics: false })),
      );
    }
    return found;
  }
}

const text = (frame: Uint8Array): string => Buffer.from(frame.subarray(54)).toString("latin1");
const isRight = (b: Uint8Array): boolean =>
  foldSum(sumBytes(b, 14, 34)) === 0xffff &&
  foldSum(sumBytes(b, 34, 14 + u16(b, 16), pseudoSum4(b, 14, b[23]!, u16(b, 16) - 20))) === 0xffff;

describe("connection tracking", () => {
  it("keeps partial checksums and large segments through translation", () => {
    const bed = new Bed();
    const data = tcp(ipv4, 1, 2, [1000, 80], "S", { sequence: 7 });
    put16(data, 50, foldSum(pseudoSum4(data, 14, 6, data.length - 34)));
    const offload = { ...plainOffload(), flags: 1, csumStart: 34, csumOffset: 16 };
    const { state, bytes, offload: after } = bed.put("ct(commit,nat(src=10.0.0.9:5000))", data, offload);
    expect(state).toBe(trk | NEW | snat);
    expect(after).toEqual(offload);
    expect(u16(bytes, 50)).toBe(foldSum(pseudoSum4(bytes, 14, 6, bytes.length - 34)));
    expect([bytes[29], u16(bytes, 34)]).toEqual([9, 5000]);
    bed.put("ct(nat)", tcp(ipv4, 2, 9, [80, 5000], "SA", { sequence: 9, acknowledgment: 8 }));
    const large = tcp(ipv4, 1, 2, [1000, 80], "PA", { sequence: 8, acknowledgment: 10, data: "x".repeat(20000) });
    const gso = { flags: 1, gsoType: 1, headerLength: 54, gsoSize: 1448, csumStart: 34, csumOffset: 16 };
    const whole = bed.put("ct(commit,nat)", large, gso);
    expect(whole.state).toBe(trk | est | snat);
    expect(whole.offload).toEqual(gso);
    expect(whole.bytes.length).toBe(large.length);
  });

  it("lets a second ct of the zone know a packet that the first has translated", () => {
    const bed = new Bed();
    bed.put("ct(commit,nat(dst=10.0.0.7:8080))", udp(ipv4, 1, 2, [53, 99]));
    const { key, bytes } = bed.put("ct(nat)", udp(ipv4, 1, 2, [53, 99]));
    const again = bed.put("ct(commit,mark=0x5/0xf)", bytes, plainOffload(), key);
    expect(again.state).toBe(trk | NEW | dnat);
    expect(again.bytes).toEqual(bytes);
    expect(bed.dump()).toEqual([
      "udp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=53,dport=99),reply=(src=10.0.0.7,dst=10.0.0.1,sport=8080,dport=53),mark=5",
    ]);
  });

  it("gives the original direction's tuple to the key", () => {
    const bed = new Bed();
    bed.put("ct(commit,zone=4,nat(src=10.0.0.9))", udp(ipv4, 1, 2, [53, 99]));
    const { key } = bed.put("ct(zone=4,nat)", udp(ipv4, 2, 9, [99, 53]));
    expect([key[W.ctNwSrc], key[W.ctNwDst], key[W.ctTp], key[W.ctZone]]).toEqual([
      0x0a000001,
      0x0a000002,
      (53 << 16) | 99,
      (17 << 16) | 4,
    ]);
  });

  it("drops what no port is left for, and counts it", () => {
    const bed = new Bed();
    const rule = "ct(commit,nat(src=10.0.0.9:100-101))";
    expect([1, 2, 3].map((port) => bed.put(rule, udp(ipv4, 1, 2, [port, 99])).fate)).toEqual([0, 0, 1]);
    expect(bed.conntrack.exhausted).toBe(1);
  });

  it("keeps to limits of zones and of all", () => {
    const bed = new Bed();
    bed.conntrack.limits.set(3, 2);
    for (const port of [1, 2, 3])
      expect(bed.put("ct(commit,zone=3)", udp(ipv4, 1, 2, [port, 9])).state).toBe(trk | NEW);
    expect([bed.conntrack.limits.count(3), bed.conntrack.full]).toEqual([2, 1]);
    bed.conntrack.maxConnections = 2;
    bed.put("ct(commit)", udp(ipv4, 1, 2, [4, 9]));
    expect([bed.conntrack.count, bed.conntrack.full]).toEqual([2, 2]);
  });

  it("forgets in time, by policy, some at a time", () => {
    const bed = new Bed();
    bed.conntrack.policies.set("short", new Map([["udp_first", 5]]));
    for (let port = 1; port <= 50; port++) bed.put("ct(commit,timeout=short)", udp(ipv4, 1, 2, [port, 9]));
    bed.put("ct(commit)", udp(ipv4, 1, 2, [51, 9]));
    bed.conntrack.setTime(5900);
    expect(bed.dump().length).toBe(51);
    bed.conntrack.setTime(8000);
    expect(bed.dump().length).toBe(1);
    expect(bed.conntrack.sweep(10)).toBe(true);
    expect(bed.conntrack.pool.count).toBe(41);
    expect(bed.conntrack.sweep(100)).toBe(false);
    expect(bed.conntrack.pool.count).toBe(1);
    bed.conntrack.setTime(62_100);
    expect(bed.conntrack.count).toBe(0);
  });

  it("does not judge sequence numbers where it is not to", () => {
    const far = tcp(ipv4, 1, 2, [1000, 80], "PA", { sequence: 0x40000000, acknowledgment: 501, data: "far" });
    const begin = (bed: Bed): void => {
      bed.put("ct(commit)", tcp(ipv4, 1, 2, [1000, 80], "S", { sequence: 100 }));
      bed.put("ct", tcp(ipv4, 2, 1, [80, 1000], "SA", { sequence: 500, acknowledgment: 101 }));
      bed.put("ct", tcp(ipv4, 1, 2, [1000, 80], "A", { sequence: 101, acknowledgment: 501 }));
    };
    const strict = new Bed();
    begin(strict);
    expect(strict.put("ct", far).state).toBe(trk | inv);
    const lax = new Bed();
    lax.conntrack.checksSequences = false;
    begin(lax);
    expect(lax.put("ct", far).state).toBe(trk | est);
  });

  it("finds each of many connections while its table grows, and after half of them have gone", () => {
    const bed = new Bed();
    const all = Array.from({ length: 5000 }, (_, i) => i + 1);
    for (const port of all) bed.put("ct(commit)", udp(ipv4, 1, 2, [port, 9]));
    for (let id = 0; id < 5000; id += 2) bed.conntrack.remove(id);
    for (const port of all)
      expect(bed.put("ct", udp(ipv4, 2, 1, [9, port])).state).toBe(port % 2 === 1 ? trk | NEW : trk | est | rpl);
  });
});

/** A control connection from 10.0.0.1 to 10.0.0.2, the client seen as 10.0.0.199. */
function control(bed: Bed): void {
  const rule = "ct(commit,helper=ftp,nat(src=10.0.0.199))";
  bed.put(rule, tcp(ipv4, 1, 2, [4000, 21], "S", { sequence: 100 }));
  bed.put("ct(nat)", tcp(ipv4, 2, 199, [21, 4000], "SA", { sequence: 500, acknowledgment: 101 }));
  bed.put("ct(nat)", tcp(ipv4, 1, 2, [4000, 21], "A", { sequence: 101, acknowledgment: 501 }));
}

describe("helpers", () => {
  it("ftp: rewrites the address of an active connection, shifts the numbers after it, and lets the connection in", () => {
    const bed = new Bed();
    control(bed);
    const port = "PORT 10,0,0,1,15,160\r\n";
    const sent = bed.put(
      "ct(nat)",
      tcp(ipv4, 1, 2, [4000, 21], "PA", { sequence: 101, acknowledgment: 501, data: port }),
    );
    expect(text(sent.bytes)).toBe("PORT 10,0,0,199,15,160\r\n");
    expect(isRight(sent.bytes)).toBe(true);
    const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset);
    const answer = bed.put(
      "ct(nat)",
      tcp(ipv4, 2, 199, [21, 4000], "PA", { sequence: 501, acknowledgment: 101 + 24, data: "200 ok\r\n" }),
    );
    expect(answer.state).toBe(trk | est | rpl | dnat);
    expect(view(answer.bytes).getUint32(42)).toBe(101 + 22);
    expect(isRight(answer.bytes)).toBe(true);
    const next = bed.put(
      "ct(nat)",
      tcp(ipv4, 1, 2, [4000, 21], "PA", { sequence: 123, acknowledgment: 509, data: "NOOP\r\n" }),
    );
    expect(view(next.bytes).getUint32(38)).toBe(125);
    // Sent again, it is rewritten again, and nothing shifts further.
    const again = bed.put(
      "ct(nat)",
      tcp(ipv4, 1, 2, [4000, 21], "PA", { sequence: 101, acknowledgment: 501, data: port }),
    );
    expect(again.bytes).toEqual(sent.bytes);
    const data = bed.put("ct(commit,nat)", tcp(ipv4, 2, 199, [20, 4000], "S", { sequence: 9000 }));
    expect([data.state, data.bytes[33]]).toEqual([trk | NEW | rel | dnat, 1]);
    expect(isRight(data.bytes)).toBe(true);
    const back = bed.put("ct(nat)", tcp(ipv4, 1, 2, [4000, 20], "SA", { sequence: 1, acknowledgment: 9001 }));
    expect([back.state, back.bytes[29]]).toEqual([trk | est | rel | rpl | snat, 199]);
    expect(bed.dump()[1]).toBe(
      "tcp,orig=(src=10.0.0.2,dst=10.0.0.199,sport=20,dport=4000),reply=(src=10.0.0.1,dst=10.0.0.2,sport=4000,dport=20),protoinfo=(state=ESTABLISHED)",
    );
  });

  it.each([
    ["PASV", 1, 2, "227 Entering Passive Mode (10,0,0,2,20,10)\r\n", 5130],
    ["EPSV", 1, 2, "229 Entering Extended Passive Mode (|||5131|)\r\n", 5131],
  ] as const)("ftp: expects the connection that %s announces", (_, from, to, message, port) => {
    const bed = new Bed();
    control(bed);
    bed.put("ct(nat)", tcp(ipv4, 2, 199, [21, 4000], "PA", { sequence: 501, acknowledgment: 101, data: message }));
    const { state } = bed.put("ct(commit,nat(src=10.0.0.199))", tcp(ipv4, from, to, [4002, port], "S"));
    expect(state).toBe(trk | NEW | rel | snat);
    expect(bed.put("ct", tcp(ipv4, from, to, [4003, port + 1], "S")).state).toBe(trk | NEW);
  });

  it("ftp: EPRT over IPv6", () => {
    const bed = new Bed();
    const rule = "ct(commit,helper=ftp)";
    bed.put(rule, tcp(ipv6, 1, 2, [4000, 21], "S", { sequence: 100 }));
    bed.put("ct", tcp(ipv6, 2, 1, [21, 4000], "SA", { sequence: 500, acknowledgment: 101 }));
    bed.put(
      "ct",
      tcp(ipv6, 1, 2, [4000, 21], "PA", { sequence: 101, acknowledgment: 501, data: "EPRT |2|fc00::1|4100|\r\n" }),
    );
    expect(bed.put("ct", tcp(ipv6, 2, 1, [20, 4100], "S")).state).toBe(trk | NEW | rel);
  });

  it("tftp: expects the answer from another port", () => {
    const bed = new Bed();
    bed.put("ct(commit,helper=tftp,nat(src=10.0.0.9))", udp(ipv4, 1, 2, [3000, 69], "\0\x01file\0octet\0"));
    const { state, bytes } = bed.put("ct(commit,nat)", udp(ipv4, 2, 9, [5555, 3000], "\0\x03\0\x01data"));
    expect([state, bytes[33]]).toEqual([trk | NEW | rel | dnat, 1]);
    expect(bed.put("ct(nat)", udp(ipv4, 1, 2, [3000, 5555], "\0\x04\0\x01")).state).toBe(trk | est | rel | rpl | snat);
  });

  it("ftp: a third party is not let in", () => {
    const bed = new Bed();
    control(bed);
    const port = "PORT 10,0,0,66,15,160\r\n";
    const sent = bed.put(
      "ct(nat)",
      tcp(ipv4, 1, 2, [4000, 21], "PA", { sequence: 101, acknowledgment: 501, data: port }),
    );
    expect(text(sent.bytes)).toBe(port);
    expect(bed.put("ct", tcp(ipv4, 2, 66, [20, 4000], "S")).state).toBe(trk | NEW);
  });
});

describe("whatever comes", () => {
  const side = fc.constantFrom("src", "dst");
  const port = fc.integer({ min: 1, max: 65535 });

  it("translation undoes itself in replies, and is undone in what errors quote", () => {
    const kind = fc.constantFrom("udp", "tcp", "icmp");
    fc.assert(
      fc.property(
        kind,
        side,
        fc.constantFrom(4, 6),
        port,
        port,
        fc.option(port, { nil: undefined }),
        fc.nat(2 ** 31),
        (what, s, family, from, to, wanted, seed) => {
          const ip = family === 4 ? ipv4 : ipv6;
          const bed = new Bed((seed % 9973) / 9973);
          const address = family === 4 ? "10.0.0.9" : wanted === undefined ? "fc00::9" : "[fc00::9]";
          const rule = `ct(commit,nat(${s}=${address}${wanted === undefined ? "" : `:${wanted}`}))`;
          const [request, reply] = family === 4 ? [8, 0] : [128, 129];
          const make = (a: number, b: number, ports: readonly [number, number], isReply: boolean): Uint8Array => {
            if (what === "udp") return udp(ip, a, b, ports);
            if (what === "tcp")
              return tcp(ip, a, b, ports, isReply ? "SA" : "S", { sequence: 5, acknowledgment: isReply ? 6 : 0 });
            return icmp(ip, a, b, isReply ? reply : request, 0, from << 16, new Uint8Array(8));
          };
          const out = bed.put(rule, make(1, 2, [from, to], false)).bytes;
          const [at, length] = family === 4 ? [29, 4] : [37, 16];
          const [seenFrom, seenTo] = [out[at]!, out[at + length]!];
          const l4 = family === 4 ? 34 : 54;
          const back = bed.put("ct(nat)", make(seenTo, seenFrom, [u16(out, l4 + 2), u16(out, l4)], true));
          expect(back.bytes).toEqual(make(2, 1, [to, from], true));
          const error = (a: number, b: number, about: Uint8Array): Uint8Array =>
            icmp(ip, a, b, family === 4 ? 3 : 1, 4, 0, packetOf(about));
          const quoted = bed.put("ct(nat)", error(seenTo, seenFrom, out));
          expect(quoted.bytes).toEqual(error(2, 1, make(1, 2, [from, to], false)));
        },
      ),
      { seed: 11, numRuns: 300 },
    );
  });

  it("damaged packets neither throw nor become longer than they were, and good checksums stay good", () => {
    const rules = [
      "ct(commit)",
      "ct(commit,nat(src=10.0.0.9))",
      "ct(nat)",
      "ct(commit,helper=ftp,nat(dst=10.0.0.7:77))",
      "ct(force_commit,zone=2)",
    ];
    const whole = fc.oneof(
      fc.tuple(port, port).map((p) => udp(ipv4, 1, 2, p)),
      fc
        .tuple(port, port, fc.constantFrom("S", "SA", "A", "PA", "R", "FA"))
        .map(([a, b, f]) => tcp(ipv4, 1, 2, [a, b], f, { data: "PORT 10,0,0,1,4,5\r\n" })),
      fc.tuple(port, port).map((p) => icmp(ipv4, 2, 1, 3, 1, 0, packetOf(udp(ipv4, 1, 2, p)))),
      fc.tuple(port, port).map((p) => icmp(ipv6, 2, 1, 1, 1, 0, packetOf(udp(ipv6, 1, 2, p)))),
    );
    const damage = fc.array(fc.tuple(fc.nat(1500), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(whole, damage, fc.nat(1500), fc.constantFrom(...rules)), { maxLength: 20 }),
        (packets) => {
          const bed = new Bed();
          for (const [good, spots, cut, rule] of packets) {
            const data = good.slice(0, Math.max(14, good.length - (cut % 3 === 0 ? cut % good.length : 0)));
            for (const [at, value] of spots) if (at < data.length) data[at] = value;
            const { bytes, state } = bed.put(rule, data);
            expect(bytes.length).toBeLessThanOrEqual(data.length + 8);
            expect(state & trk).toBe(trk);
            const isPlainIpv4 =
              bytes[12] === 8 && bytes[13] === 0 && bytes[14] === 0x45 && [6, 17].includes(bytes[23]!);
            if (isPlainIpv4 && (state & inv) === 0 && !(bytes[23] === 17 && u16(bytes, 40) === 0))
              expect(isRight(bytes)).toBe(true);
          }
        },
      ),
      { seed: 12, numRuns: 300 },
    );
  });
});

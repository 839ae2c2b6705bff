import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex, unhex } from "#util/hex.js";
import { OfpError } from "../../ofp-error.js";
import { OF10, OF13, OF14, type Version, versions } from "../../version.js";
import { decodeMessage, encodeMessage, encodeMessages } from "../codec.js";
import { formatMessageBytes } from "../print.js";
import { type PhyPort, PortState } from "./phy-port.js";
import { PortConfig } from "./port-config.js";

const port: PhyPort = {
  number: 1,
  address: 0xaabbccddee01,
  name: "eth0",
  config: PortConfig.portDown,
  state: PortState.linkDown,
  current: 0x20,
  advertised: 0,
  supported: 0x40,
  peer: 0,
  currentSpeed: 1_000_000,
  maxSpeed: 10_000_000,
};

const print = (text: string): string => formatMessageBytes(unhex(text)!, { verbosity: 1 });

describe("a port", () => {
  it("has 48 bytes in 1.0, 64 in 1.1 to 1.3, and 72 with its one property in 1.4 and later", () => {
    const lengths = versions.map(
      (version) => encodeMessage({ kind: "port_status", reason: "add", port }, version, 1).length - 16,
    );
    expect(lengths).toEqual([48, 64, 64, 64, 72, 72]);
  });

  it.each(versions)("is read as it was written in version %i", (version) => {
    const bytes = encodeMessage({ kind: "port_status", reason: "modify", port }, version, 1);
    expect(decodeMessage(bytes).body).toEqual({ kind: "port_status", reason: "modify", port });
  });

  it("drops what a version has no bit for", () => {
    const told = { ...port, config: PortConfig.noFlood, state: PortState.live, current: 0x480 };
    const read = (version: Version): unknown =>
      decodeMessage(encodeMessage({ kind: "port_status", reason: "add", port: told }, version, 1)).body;
    expect(read(OF10)).toMatchObject({ port: { config: PortConfig.noFlood, state: 0, current: 0 } });
    expect(read(OF13)).toMatchObject({ port: { config: 0, state: PortState.live, current: 0x480 } });
  });

  it("is printed as ovs-ofctl show prints it", () => {
    const bytes = hex(encodeMessage({ kind: "port_status", reason: "add", port }, OF14, 1));
    expect(print(bytes)).toBe(
      `OFPT_PORT_STATUS (OF1.4) (xid=0x1): ADD: 1(eth0): addr:aa:bb:cc:dd:ee:01
     config:     PORT_DOWN
     state:      LINK_DOWN
     current:    1GB-FD
     supported:  10GB-FD
     speed: 1000 Mbps now, 10000 Mbps max
`,
    );
  });

  it("keeps a property that is not understood", () => {
    const others = [{ type: 1, data: Uint8Array.of(1, 2, 3) }];
    const bytes = encodeMessage({ kind: "port_status", reason: "add", port: { ...port, others } }, OF14, 1);
    expect(decodeMessage(bytes).body).toMatchObject({ port: { others } });
  });

  it("that lies of its length is refused", () => {
    const bytes = encodeMessage({ kind: "port_status", reason: "add", port }, OF14, 1);
    for (const [length, error] of [
      [39, "OFPBRC_BAD_LEN"],
      [73, "OFPBRC_BAD_LEN"],
      [71, "OFPBPC_BAD_LEN"],
    ] as const) {
      const lie = Uint8Array.from(bytes);
      lie[21] = length;
      expect(() => decodeMessage(lie)).toThrow(error);
    }
  });
});

describe("port and queue statistics", () => {
  it("are printed with a question mark where a switch does not know", () => {
    const text =
      print(`0413006000000001000500000000000000000001000000070000000000000001${"f".repeat(16)}0000000000000003\
0000000405f5e100000000010000000800000000000000010000000000000002${"0".repeat(16)}ffffffffffffffff`);
    expect(text).toBe(`OFPST_QUEUE reply (OF1.3) (xid=0x1): 2 queues
  port 1 queue 7: bytes=1, pkts=?, errors=3, duration=4.100s
  port 1 queue 8: bytes=1, pkts=2, errors=0, duration=?
`);
  });

  it("tell what came before a port that is at fault", () => {
    const one = { port: 5, duration: undefined };
    const counters = Object.fromEntries(
      "rxPackets txPackets rxBytes txBytes rxDropped txDropped rxErrors txErrors rxFrameErrors rxOverErrors rxCrcErrors collisions"
        .split(" ")
        .map((name) => [name, 1n]),
    ) as never;
    const ports = [
      { ...one, ...(counters as object) },
      { ...one, ...(counters as object) },
    ] as never;
    const bytes = encodeMessage({ kind: "port_stats_reply", ports }, OF13, 1);
    bytes[16 + 112 + 2] = 0xff;
    const text = formatMessageBytes(bytes, { verbosity: 1 });
    expect(text).toContain(" 1 ports\n  port  5: rx pkts=1,");
    expect(text).toContain("coll=1\n***decode error: OFPBAC_BAD_OUT_PORT***\n");
  });

  it("come in as many messages as they take", () => {
    const queues = Array.from({ length: 3000 }, (_, i) => ({
      port: 1,
      queue: i,
      txBytes: 1n,
      txPackets: 2n,
      txErrors: 3n,
      duration: undefined,
    }));
    const parts = encodeMessages({ kind: "queue_stats_reply", queues }, OF14, 1);
    expect(parts.length).toBe(3);
    const read = parts.map((bytes) => decodeMessage(bytes));
    expect(read.map(({ flags }) => flags)).toEqual([1, 1, 0]);
    expect(read.flatMap(({ body }) => (body.kind === "queue_stats_reply" ? body.queues : []))).toEqual(queues);
  });
});

describe("any bytes", () => {
  const seeds = ["0c", "10", "0f", "14", "15", "16", "17"].map((type) => Number.parseInt(type, 16));
  it("are read as a message about ports or are an OpenFlow error", () => {
    const stats = fc
      .tuple(fc.constantFrom(18, 19, 16, 17), fc.constantFrom(4, 5, 13, 15))
      .map(([type, stat]) => [type, stat]);
    const plain = fc.constantFrom(...seeds).map((type) => [type]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.oneof(stats, plain),
        fc.uint8Array({ maxLength: 300 }),
        (version, [type, stat], rest) => {
          const head = stat === undefined ? [] : [0, stat, 0, 0, ...(version === 1 ? [] : [0, 0, 0, 0])];
          const bytes = Uint8Array.from([version, type!, 0, 0, 0, 0, 0, 1, ...head, ...rest]);
          bytes[2] = bytes.length >> 8;
          bytes[3] = bytes.length & 0xff;
          try {
            decodeMessage(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(OfpError);
          }
        },
      ),
      { seed: 7, numRuns: 2000 },
    );
  });
});

import { expect, it } from "vitest";
import { FORWARD_SLOTS, ForwardPart, forwardMaps } from "#bpf/forward/layout.js";
import { leaseTable, trackMaps } from "#bpf/forward/track-layout.js";
import { ArrayMap } from "#bpf/interpreter/array-map.js";
import { kernelFunctions } from "#bpf/interpreter/kernel-functions.js";
import { Machine } from "#bpf/interpreter/machine.js";
import { Skb } from "#bpf/interpreter/skb.js";
import { ProgramMap } from "#bpf/interpreter/target-map.js";
import { ctStepOf } from "#datapath/conntrack/ct-step.js";
import { trackProgram } from "#datapath/kernel/track-places.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { put16, u16 } from "#util/big-endian.js";
import { foldSum, pseudoSum4, pseudoSum6 } from "#wire/checksum.js";
import { type Offload, plainOffload, VNET_DATA_VALID, VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import { type Ip, ipv4, ipv6, tcp, udp } from "../support/ip-frames.js";
import { KEYS, PORT_SLOTS, portProgram, type TrackRunner, TrackTwins, trackSpecs } from "../support/track-twins.js";

const nowhere = { byte: 64, bit: 0 };
const places = {
  csumStart: 8,
  csumOffset: 10,
  data: 16,
  head: 24,
  networkHeader: 40,
  transportHeader: 42,
  ipSummed: { byte: 32, bit: 5 },
  encapsulation: nowhere,
};
/** Values of skb->ip_summed. */
const [UNNECESSARY, PARTIAL] = [1, 3];

/** The program in the interpreter, time standing still. */
function interpreted(): TrackRunner {
  const machine = new Machine({
    maps: trackSpecs(1),
    kernelFunctions: kernelFunctions(places),
    now: () => 5_000_000_000n,
  });
  const programs = machine.map(forwardMaps.programs, ProgramMap);
  const port = portProgram(1);
  for (const slot of PORT_SLOTS) programs.set(slot, port);
  programs.set(FORWARD_SLOTS + ForwardPart.track, trackProgram(1, places));
  const words = (name: string): Uint32Array => {
    const { buffer, byteOffset, byteLength } = machine.map(name, ArrayMap).bytes;
    return new Uint32Array(buffer, byteOffset, byteLength >> 2);
  };
  return {
    memory: {
      rows: words(trackMaps.rows),
      table: words(trackMaps.table).subarray(0, leaseTable.size >> 2),
      waitForPrograms: () => undefined,
      monotonic: () => 5000,
    },
    operations: machine.map(forwardMaps.operations, ArrayMap).bytes,
    keys: words(KEYS),
    run(frame, { flags, csumStart, csumOffset }) {
      const state = (flags & VNET_NEEDS_CSUM) !== 0 ? PARTIAL : (flags & VNET_DATA_VALID) !== 0 ? UNNECESSARY : 0;
      const skb = new Skb(frame.slice(), { ifindex: 1, checksum: { state, start: csumStart, offset: csumOffset } });
      return { verdict: Number(machine.run(port, skb)), data: skb.bytes };
    },
  };
}

const step = (text: string): ReturnType<typeof ctStepOf> => {
  const action = parseDatapathActions(text)[0]!;
  if (action.kind !== "ct") throw new Error(text);
  return ctStepOf(action);
};

/** A frame whose transport's checksum is still to be completed, and how. */
function partial(ip: Ip, frame: Uint8Array, protocol: number): [Uint8Array, Offload] {
  const l4 = ip === ipv4 ? 34 : 54;
  const csumOffset = protocol === 6 ? 16 : 6;
  const size = frame.length - l4;
  const bytes = frame.slice();
  const pseudo = ip === ipv4 ? pseudoSum4(bytes, 14, protocol, size) : pseudoSum6(bytes, 14, protocol, size);
  put16(bytes, l4 + csumOffset, foldSum(pseudo));
  return [bytes, { ...plainOffload(), flags: VNET_NEEDS_CSUM, csumStart: l4, csumOffset }];
}

it.each([
  ["IPv4", ipv4, "10.0.0.9"],
  ["IPv6", ipv6, "fc00::9"],
] as const)(
  "the program that tracks keeps checksums as they are: half done, or vouched for; over %s",
  (_name, ip, to) => {
    const twins = new TrackTwins(interpreted(), 1);
    const [out, back] = [step(`ct(commit,nat(src=${to}))`), step("ct(nat)")];
    const client = (flags: string, data = ""): Uint8Array =>
      tcp(ip, 1, 2, [1000, 80], flags, {
        sequence: flags === "S" ? 1 : 2,
        acknowledgment: flags === "S" ? 0 : 2,
        data,
      });
    const server = (flags: string): Uint8Array =>
      tcp(ip, 2, 9, [80, 1000], flags, { sequence: flags === "SA" ? 1 : 2, acknowledgment: 2 });
    const both = (frame: Uint8Array, ct: typeof out, offload?: Offload): void =>
      expect(twins.put(frame, ct, undefined, offload).differs).toBeUndefined();
    both(client("S"), out);
    both(server("SA"), back);
    both(client("A"), out);
    const asked = udp(ip, 1, 2, [1000, 53], new Uint8Array(9));
    const answered = udp(ip, 2, 9, [53, 1000], new Uint8Array(9));
    both(asked, out);
    both(answered, back);
    expect(twins.byProgram).toBe(0);
    const vouched = { ...plainOffload(), flags: VNET_DATA_VALID };
    const wrong = client("PA", "xyz").slice();
    const l4 = ip === ipv4 ? 34 : 54;
    put16(wrong, l4 + 16, u16(wrong, l4 + 16) ^ 0x1234);
    const cases: (readonly [frame: Uint8Array, ct: typeof out, offload: Offload | undefined])[] = [
      [wrong, out, vouched],
      [client("PA", "summed"), out, undefined],
      [answered, back, undefined],
    ];
    for (const [frame, ct, protocol] of [
      [client("PA", "some data"), out, 6],
      [server("A"), back, 6],
      [asked, out, 17],
      [answered, back, 17],
    ] as const) {
      const [half, offload] = partial(ip, frame, protocol);
      cases.push([half, ct, offload]);
    }
    for (const [frame, ct, offload] of cases) both(frame, ct, offload);
    expect(twins.byProgram).toBe(cases.length);
    // A checksum that is to be completed is another header's.
    const elsewhere = partial(ip, client("PA", "some data, and a packet in it"), 6);
    both(wrong, out, { ...elsewhere[1], csumStart: l4 + 30 });
    expect(twins.byProgram).toBe(cases.length);
    expect(twins.differences()).toEqual([]);
  },
);

it("a UDP packet without a checksum stays without", () => {
  const twins = new TrackTwins(interpreted(), 1);
  const bare = (frame: Uint8Array): Uint8Array => {
    put16(frame, 40, 0);
    return frame;
  };
  const [out, back] = [step("ct(commit,nat(src=10.0.0.9:5000))"), step("ct(nat)")];
  const asked = bare(udp(ipv4, 1, 2, [1000, 53], new Uint8Array(9)));
  const answered = bare(udp(ipv4, 2, 9, [53, 5000], new Uint8Array(9)));
  for (const [frame, ct] of [
    [asked, out],
    [answered, back],
    [asked, out],
    [answered, back],
  ] as const)
    expect(twins.put(frame, ct).differs).toBeUndefined();
  expect(twins.byProgram).toBe(2);
});

import { afterAll, beforeAll, expect, it } from "vitest";
import { captureFunctions, skbPlaces } from "#bpf/capture-program.js";
import { FORWARD_SLOTS, ForwardPart, forwardMaps, processorRow } from "#bpf/forward/layout.js";
import { trackMaps } from "#bpf/forward/track-layout.js";
import { programType } from "#bpf/program-spec.js";
import { ctStepOf } from "#datapath/conntrack/ct-step.js";
import { trackProgram } from "#datapath/kernel/track-places.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { kernelBtf } from "#host/linux/bpf/kernel-btf.js";
import { BpfMap, MappedArray } from "#host/linux/bpf/map.js";
import { possibleCpus } from "#host/linux/bpf/possible-cpus.js";
import { loadProgram } from "#host/linux/bpf/program.js";
import { testRun } from "#host/linux/bpf/test-run.js";
import * as sys from "#host/linux/syscalls.js";
import { randomTcp } from "../differential/conntrack/random-tcp.js";
import { scenarios as real } from "../differential/conntrack/scenarios.js";
import { type Ip, icmp, ipv4, ipv6, type Segment, tcp, udp } from "../support/ip-frames.js";
import { describeWith, root } from "../support/needs.js";
import { KEYS, PORT_SLOTS, portProgram, type TrackRunner, TrackTwins, trackSpecs } from "../support/track-twins.js";
import { datagramScenarios } from "./conntrack/datagram-scenarios.js";
import { helperScenarios } from "./conntrack/helper-scenarios.js";
import { natScenarios } from "./conntrack/nat-scenarios.js";
import { randomTalk } from "./conntrack/random-talk.js";
import { tcpScenarios } from "./conntrack/tcp-scenarios.js";

const stepOf = (text: string) => {
  const action = parseDatapathActions(text)[0]!;
  if (action.kind !== "ct") throw new Error(text);
  return ctStepOf(action);
};

describeWith([root], "connections that the kernel follows", () => {
  const fds: number[] = [];
  const mapped: MappedArray[] = [];
  const maps: Record<string, BpfMap> = {};
  let runner: TrackRunner;

  beforeAll(() => {
    const processors = possibleCpus();
    const btf = kernelBtf();
    const skb = skbPlaces(btf)!;
    for (const [i, spec] of trackSpecs(processors).entries()) {
      maps[spec.name] = BpfMap.create({ ...spec, name: `wc_${i}` });
      fds.push(maps[spec.name]!.fd);
    }
    const kernelFunctions = Object.fromEntries(captureFunctions.map((name) => [name, btf.functionId(name)!]));
    const symbols = {
      maps: Object.fromEntries(Object.entries(maps).map(([name, { fd }]) => [name, fd])),
      kernelFunctions,
    };
    const load = (name: string, items: Parameters<typeof loadProgram>[0]["items"]): number => {
      const fd = loadProgram({ type: programType.schedCls, items, symbols, name });
      fds.push(fd);
      return fd;
    };
    const port = load("wc_port", portProgram(processors));
    const track = load("wc_track", trackProgram(processors, skb));
    const index = (n: number) => new Uint8Array(Uint32Array.of(n).buffer);
    for (const slot of PORT_SLOTS) maps[forwardMaps.programs]!.update(index(slot), index(port));
    maps[forwardMaps.programs]!.update(index(FORWARD_SLOTS + ForwardPart.track), index(track));
    const memory = (name: string) => {
      const array = new MappedArray(maps[name]!);
      mapped.push(array);
      return array.memory;
    };
    const rows = memory(trackMaps.rows).words.subarray(0, maps[trackMaps.rows]!.spec.valueSize >> 2);
    const running = memory(forwardMaps.processors).ints;
    runner = {
      memory: {
        rows,
        table: memory(trackMaps.table).words,
        waitForPrograms: () => expect(running[processorRow.running >> 2]! & 1).toBe(0),
        monotonic: () => Number(process.hrtime.bigint()) / 1e6,
      },
      operations: memory(forwardMaps.operations).bytes,
      keys: memory(KEYS).words,
      run: (frame) => testRun(port, frame),
    };
  });
  afterAll(() => {
    for (const array of mapped) array.close();
    for (const fd of fds) sys.close(fd);
  });

  /** What the two say differently, and how many packets the program has tracked. */
  function play(
    seed: number,
    steps: readonly { readonly frame: Uint8Array; readonly port: 1 | 2 }[],
    rules: readonly [string, string],
  ) {
    const twins = new TrackTwins(runner, seed);
    try {
      const parsed = rules.map(stepOf);
      const differences = steps.flatMap(({ frame, port }, i) => {
        const { differs, ...alone } = twins.put(frame, parsed[port - 1]!);
        return differs === undefined ? [] : [{ step: i, alone, differs }];
      });
      return { differences: [...differences, ...twins.differences()], byProgram: twins.byProgram };
    } finally {
      twins.close();
    }
  }

  const isFrame = (step: unknown): step is { frame: Uint8Array; port: 1 | 2 } =>
    typeof step === "object" && step !== null && "frame" in step;
  const all = [
    ...real.map(({ name, rules, steps }) => ({ name: `real: ${name}`, rules, steps })),
    ...[...tcpScenarios, ...datagramScenarios, ...natScenarios, ...helperScenarios].flatMap(({ name, ours, steps }) =>
      ours ? [{ name, rules: ours, steps }] : [],
    ),
  ].filter(
    ({ rules, steps }) =>
      steps.every((s) => typeof s !== "function") && !`${rules.fromClient}${rules.fromServer}`.includes(";"),
  );

  it.each(all.map((s) => [s.name, s] as const))("%s", (_name, { rules, steps }) => {
    const { differences } = play(1, (steps as readonly unknown[]).filter(isFrame), [
      rules.fromClient,
      rules.fromServer,
    ]);
    expect(differences).toEqual([]);
  });

  it.each(Array.from({ length: 40 }, (_, i) => i))("well-behaved ends, seed %i", (seed) => {
    const { ours, steps } = randomTalk(seed);
    const { differences, byProgram } = play(seed, steps.filter(isFrame), [ours!.fromClient, ours!.fromServer]);
    expect(differences).toEqual([]);
    expect(byProgram).toBeGreaterThan(20);
  });

  it("ends that do not keep the rules", () => {
    let byProgram = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { rules, steps } = randomTcp(seed);
      const played = play(seed, steps.filter(isFrame), [rules.fromClient, rules.fromServer]);
      expect(played.differences, `seed ${seed}`).toEqual([]);
      byProgram += played.byProgram;
    }
    expect(byProgram).toBeGreaterThan(100);
  });

  const ports: [number, number] = [1000, 80];
  const back: [number, number] = [80, 1000];
  /** A connection, and what is said in it; `scale` as both offer it. */
  const established = (
    ip: Ip,
    seen = 1,
    scale?: number,
  ): {
    client: (flags: string, at: number, more?: Segment) => Uint8Array;
    server: (flags: string, at: number, more?: Segment) => Uint8Array;
    open: Uint8Array[];
  } => {
    const option = scale === undefined ? {} : { scale };
    const client = (flags: string, at: number, more: Segment = {}): Uint8Array =>
      tcp(ip, 1, 2, ports, flags, {
        sequence: 0xfffffff0 + at,
        acknowledgment: flags.includes("A") ? 501 : 0,
        ...more,
      });
    const server = (flags: string, at: number, more: Segment = {}): Uint8Array =>
      tcp(ip, 2, seen, back, flags, { sequence: 500 + at, acknowledgment: 0xfffffff1, ...more });
    return { client, server, open: [client("S", 0, option), server("SA", 0, option), client("A", 1)] };
  };
  /** The opening by `ct(commit…)`, then single packets with rules of their own: what each came to, by whom. */
  const talk = (
    open: readonly Uint8Array[],
    rule: string,
    then: readonly (readonly [frame: Uint8Array, rule: string])[],
  ): boolean[] => {
    const twins = new TrackTwins(runner, 7);
    try {
      for (const [i, frame] of open.entries())
        expect(twins.put(frame, stepOf(rule)).differs, `opening ${i}`).toBeUndefined();
      const byProgram = then.map(([frame, own], i) => {
        const before = twins.byProgram;
        expect(twins.put(frame, stepOf(own)).differs, `packet ${i}`).toBeUndefined();
        return twins.byProgram > before;
      });
      expect(twins.differences()).toEqual([]);
      return byProgram;
    } finally {
      twins.close();
    }
  };
  const flipped = (frame: Uint8Array, at: number): Uint8Array => frame.map((byte, i) => (i === at ? byte ^ 1 : byte));

  it.each([
    ["ipv4", ipv4],
    ["ipv6", ipv6],
  ] as const)("sees wrong checksums, over %s", (name, ip) => {
    const { client, open } = established(ip);
    const l4 = name === "ipv4" ? 34 : 54;
    const data = (n: number): Uint8Array => client("PA", 1, { data: "d".repeat(n) });
    const lengths = [0, 1, 2, 3, 100, 491, 492, 493, 1003, 1400, 2027, 2028];
    const right = talk(
      open,
      "ct(commit)",
      lengths.map((n) => [data(n), "ct"] as const),
    );
    expect(right).toEqual(lengths.map((n) => n <= 2028));
    expect(
      talk(
        open,
        "ct(commit)",
        lengths.map((n) => [flipped(data(n), l4 + 16), "ct"] as const),
      ).some(Boolean),
    ).toBe(false);
    expect(
      talk(
        open,
        "ct(commit)",
        lengths.slice(1).map((n) => [flipped(data(n), l4 + 20 + n - 1), "ct"] as const),
      ).some(Boolean),
    ).toBe(false);
    expect(talk(open, "ct(commit)", [[flipped(client("A", 1), 14 + 8), "ct"]])).toEqual([false]);
    expect(
      talk([udp(ip, 1, 2, [9, 53], new Uint8Array(5)), udp(ip, 2, 1, [53, 9], new Uint8Array(5))], "ct(commit)", [
        [flipped(udp(ip, 1, 2, [9, 53], new Uint8Array(5)), l4 + 9), "ct"],
        [udp(ip, 1, 2, [9, 53], new Uint8Array(5)), "ct"],
      ]),
    ).toEqual([false, true]);
  });

  it("leaves to the thread what changes marks and labels, and does what changes nothing", () => {
    const { client, server, open } = established(ipv4);
    const rule =
      "ct(commit,zone=3,mark=0x12/0xff,label=0x10000000200000003000000040000005/0xffffffffffffffffffffffffffffffff)";
    const rules = [
      ["ct(zone=3)", true],
      [rule, true],
      ["ct(commit,zone=3,mark=0x12/0xf2)", true],
      ["ct(commit,zone=3,mark=0x13/0x01)", false],
      ["ct(zone=3)", true],
      ["ct(commit,zone=3,label=0x3/0x3)", false],
      ["ct(commit,zone=3,label=0x7/0x7)", true],
      ["ct(commit,zone=3,label=0x8000000000000000000000000000000/0x8000000000000000000000000000000)", false],
      ["ct(force_commit,zone=3)", true],
    ] as const;
    expect(
      talk(
        open,
        rule,
        rules.map(([own]) => [client("A", 1), own]),
      ),
    ).toEqual(rules.map(([, kernel]) => kernel));
    // Who forces its own direction begins another connection.
    expect(
      talk(open, rule, [
        [server("A", 1), "ct(force_commit,zone=3)"],
        [server("A", 1), "ct(zone=3)"],
      ]),
    ).toEqual([false, false]);
    // In another zone it is not known.
    expect(talk(open, rule, [[client("A", 1), "ct(zone=4)"]])).toEqual([false]);
  });

  it.each([
    ["ipv4", ipv4, "10.0.0.9"],
    ["ipv6", ipv6, "fc00::9"],
  ] as const)("knows what it has translated before, over %s", (_name, ip, to) => {
    const twins = new TrackTwins(runner, 3);
    const rule = `ct(commit,nat(src=${to}))`;
    try {
      const { client, server, open } = established(ip, 9);
      const query = (n: number, data: string): Uint8Array[] => [
        icmp(ip, 1, 2, ip === ipv4 ? 8 : 128, 0, n << 16, new TextEncoder().encode(data)),
        icmp(ip, 2, 9, ip === ipv4 ? 0 : 129, 0, n << 16, new TextEncoder().encode(data)),
      ];
      const datagrams = [udp(ip, 1, 2, [77, 53], new Uint8Array(3)), udp(ip, 2, 9, [53, 77], new Uint8Array(3))];
      const all = [
        ...open,
        client("PA", 1, { data: "abc" }),
        server("PA", 1, { data: "abcd" }),
        ...query(5, "a"),
        ...query(5, "b"),
        ...datagrams,
        ...datagrams,
      ];
      let again = 0;
      for (const [i, frame] of all.entries()) {
        const isReply = frame[0] === open[1]![0] && [1, 4].includes(i);
        const first = twins.put(frame, stepOf(isReply ? "ct(nat)" : rule));
        expect(first.differs, `packet ${i}`).toBeUndefined();
        const before = twins.byProgram;
        expect(
          twins.put(Buffer.from(first.data, "hex"), stepOf("ct(nat)"), first.tracked).differs,
          `packet ${i} again`,
        ).toBeUndefined();
        if (twins.byProgram > before) again++;
      }
      expect(again).toBeGreaterThan(7);
      expect(twins.differences()).toEqual([]);
    } finally {
      twins.close();
    }
  });

  it("goes on with what was picked up in the middle, and with windows that scale", () => {
    const { client, server } = established(ipv4);
    const middle = [client("A", 1), server("A", 1), client("A", 1)];
    const far = [
      [client("PA", 1, { data: "x".repeat(1000) }), "ct"],
      [server("A", 1, { acknowledgment: 984, window: 3 }), "ct"],
      [client("PA", 1001, { data: "y" }), "ct"],
      [client("PA", 400_000, { data: "z" }), "ct"],
      [client("PA", 3_000_000_000, { data: "w" }), "ct"],
    ] as const;
    expect(talk(middle, "ct(commit)", far)).toContain(true);
    for (const scale of [0, 3, 14]) {
      const scaled = established(ipv4, 1, scale);
      const windows = [0, 1, 100, 65535].flatMap(
        (window) =>
          [
            [scaled.server("A", 1, { window }), "ct"],
            [scaled.client("PA", 1, { data: "x", window }), "ct"],
            [scaled.client("PA", 60_000, { data: "x" }), "ct"],
            [scaled.client("PA", 1 + (window << scale), { data: "x" }), "ct"],
          ] as const,
      );
      expect(talk(scaled.open, "ct(commit)", windows)).toContain(true);
    }
  });
});

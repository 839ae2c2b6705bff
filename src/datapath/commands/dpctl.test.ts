import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { type Match, newMatch } from "#flow/match.js";
import { FakeClock } from "#host/fake/clock.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { Datapaths } from "../datapaths.js";
import { dummyDatapathClass } from "../dummy/dummy-class.js";
import { DummyDevices } from "../dummy/dummy-devices.js";
import { dpctlCommands } from "./dpctl.js";
import { dpifNetdevCommands } from "./dpif-netdev.js";
import { netdevDummyCommands } from "./netdev-dummy.js";

/** What Open vSwitch 3.1 (`ovs-vswitchd --enable-dummy`) answered, command by command; `ERR` stands for an exit status of 2. */
const transcript = readFileSync(new URL("./dpctl-transcript.txt", import.meta.url), "utf8")
  .split(/^\$ /m)
  .slice(1)
  .map((block) => ({ line: block.slice(0, block.indexOf("\n")), answer: block.slice(block.indexOf("\n") + 1) }));

function makeSwitch(): {
  run(line: string): string;
  data(line: string): unknown;
  datapaths: Datapaths;
  clock: FakeClock;
} {
  const clock = new FakeClock();
  const none = undefined as never;
  const devices = new DummyDevices({ clock, files: none, streams: none });
  const datapaths = new Datapaths([dummyDatapathClass("dummy", devices, { clock, random: () => 0.5 })]);
  let ufids = 0;
  const commands: AppctlCommand[] = [
    ...dpctlCommands({
      datapaths,
      clock,
      readFile: () => "",
      parseFilter: (text, portNumber) => {
        const port = /^in_port=(\w+)$/.exec(text)?.[1];
        if (port !== undefined) return inPort(portNumber(port) ?? Number(port));
        throw new UserError(`unknown field ${text}`);
      },
      newUfid: () => (++ufids).toString(16).padStart(32, "0"),
    }),
    ...dpifNetdevCommands(datapaths, clock),
    ...netdevDummyCommands(devices),
  ];
  const dummy = datapaths.classes[0]!;
  const dp = dummy.open("ovs-dummy");
  for (const [name, type, number] of [
    ["br0", "internal", 100],
    ["p1", "dummy", 1],
    ["p2", "dummy", 2],
  ] as const) {
    dp.addPort(dummy.deviceClass(type)!.open(name, new Map()), number);
  }
  const run = (line: string): string => {
    const [name, ...args] = splitLine(line);
    const command = commands.find((c) => c.name === name);
    if (command === undefined) return "no such command\n";
    if (args.length < command.minArgs) return `"${name}" command requires at least ${command.minArgs} arguments\nERR\n`;
    if (args.length > command.maxArgs) return `"${name}" command takes at most ${command.maxArgs} arguments\nERR\n`;
    try {
      const data = command.run(args) as Json;
      return command.text ? command.text(data) : (data as string);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return `${error.message}\nERR\n`;
    }
  };
  const data = (line: string): unknown => {
    const [name, ...args] = splitLine(line);
    return commands.find((c) => c.name === name)?.run(args);
  };
  return { run, data, datapaths, clock };
}

function inPort(port: number): Match {
  const match = newMatch();
  match.key[W.inPort] = port;
  match.mask[W.inPort] = 0xffffffff;
  return match;
}

/** Words at blanks outside parentheses. */
function splitLine(line: string): string[] {
  return line.match(/(?:[^ (]|\([^()]*(?:\([^()]*\)[^()]*)*\))+/g) ?? [];
}

/** Names of flows are random, and how their keys lie in memory is nobody's business. */
function comparable(text: string): string {
  return text.replace(/^ufid:[0-9a-f-]+/gm, "ufid:X").replace(/, dp-extra-info:\S+/g, "");
}

describe("dpctl commands", () => {
  it("answer as Open vSwitch does", () => {
    const { run, datapaths } = makeSwitch();
    const dp = datapaths.byName("dummy@ovs-dummy");
    dp.onUpcall((batch) => {
      for (const { key } of batch) {
        const match = { key: newKey(), mask: newKey() };
        for (const w of [W.eth, W.eth + 1, W.eth + 2, W.inPort]) {
          match.key[w] = key[w]!;
          match.mask[w] = 0xffffffff;
        }
        dp.putFlow({ ufid: key[W.eth + 1]!.toString(16).padStart(32, "0"), ...match, actions: [] });
      }
    });
    for (const [last, times] of [
      ["0a", 2],
      ["0b", 2],
      ["0c", 1],
    ] as const) {
      for (let i = 0; i < times; i++) expect(run(`netdev-dummy/receive p1 5054000000${last}5054000000091234`)).toBe("");
    }
    dp.flush();
    for (const { line, answer } of transcript) {
      expect(`$ ${line}\n${comparable(run(line)).trimEnd()}`).toBe(`$ ${line}\n${comparable(answer).trimEnd()}`);
    }
    expect(transcript.length).toBeGreaterThan(50);
  });

  it("give data to clients that want JSON", () => {
    const { run, data } = makeSwitch();
    run("dpctl/add-flow in_port(1),eth(),eth_type(0x1234) 2");
    expect(data("dpctl/dump-dps")).toEqual(["dummy@ovs-dummy"]);
    expect(data("dpctl/show")).toMatchObject([
      {
        type: "dummy",
        name: "ovs-dummy",
        hits: 0,
        flows: 1,
        ports: [{ number: 0 }, { number: 1, name: "p1", type: "dummy" }, { number: 2 }, { number: 100 }],
      },
    ]);
    expect(data("dpctl/show -s dummy@ovs-dummy")).toMatchObject([
      {
        ports: expect.arrayContaining([
          expect.objectContaining({ statistics: expect.objectContaining({ rxPackets: 0 }) }),
        ]),
      },
    ]);
    expect(data("dpctl/dump-flows")).toEqual({
      flows: [
        {
          ufid: "00000000-0000-0000-0000-000000000001",
          match: expect.stringContaining("in_port(1)"),
          packets: 0,
          bytes: 0,
          idle: null,
          tcpFlags: 0,
          actions: "2",
          layer: "ovs",
        },
      ],
      heading: true,
      more: false,
      core: null,
    });
    expect(data("dpctl/dump-flows pmd=3")).toMatchObject({ flows: [] });
  });

  it("round the time that the use of threads is shown for, as upstream does", () => {
    const { run, datapaths } = makeSwitch();
    const heading = (seconds: number): string => `Displaying last ${seconds} seconds pmd usage %\n`;
    for (const [asked, shown] of [
      ["7", 10],
      ["5", 5],
      ["200", 60],
      ["0", 60],
      ["x", 60],
    ] as const) {
      expect(run(`dpif-netdev/pmd-rxq-show -secs ${asked}`)).toBe(heading(shown));
    }
    expect(run("dpif-netdev/pmd-rxq-show nope")).toBe(heading(60));
    expect(run("dpif-netdev/pmd-rxq-show -pmd 7")).toBe("");
    datapaths.classes[0]!.open("second");
    expect(run("dpif-netdev/pmd-rxq-show")).toBe("please specify an existing datapath\nERR\n");
    expect(run("dpif-netdev/pmd-rxq-show second")).toBe(heading(60));
  });

  it("say how long ago a flow was used", () => {
    const { run, datapaths, clock } = makeSwitch();
    clock.advance(1000);
    expect(run("dpctl/add-flow in_port(1),eth(),eth_type(0x1234) 2")).toBe("");
    run("netdev-dummy/receive p1 50540000000a5054000000091234");
    clock.advance(250);
    expect(run("dpctl/dump-flows --names")).toBe(
      "flow-dump from the main thread:\nrecirc_id(0),in_port(p1),eth(),eth_type(0x1234), packets:1, bytes:14, used:0.250s, actions:p2\n",
    );
    expect(run("dpctl/dump-flows type=offloaded")).toBe("");
    expect(run("dpctl/dump-flows type=foo")).toContain("Failed to parse type (foo) (Invalid argument)");
    expect(run("dpctl/dump-flows filter=in_port=p1")).toContain("in_port(1)");
    expect(run("dpctl/dump-flows filter=in_port=2")).toBe("");
    expect(run("dpctl/dump-flows filter=zork")).toContain("Failed to parse filter (zork: unknown field zork)");
    expect(datapaths.byName("dummy@ovs-dummy").portStats(2).txPackets).toBe(1);
  });

  it("refuse a frame for a device that is not there or not a frame", () => {
    const { run } = makeSwitch();
    expect(run("netdev-dummy/receive nope ff")).toBe("no such dummy netdev\nERR\n");
    expect(run("netdev-dummy/receive p1 zz")).toBe("syntax error at zz\nERR\n");
    expect(run("netdev-dummy/receive p1 --qid 7 ffffffffffff5054000000091234")).toBe("bad rx queue id.\nERR\n");
  });
});

import { describe, expect, it } from "vitest";
import { parseOptions } from "#runtime/options.js";
import { readTestcontrollerOptions, type TestcontrollerSettings, testcontrollerOptionRows } from "./options.js";

function read(...argv: string[]): TestcontrollerSettings {
  const { options } = parseOptions("ovs-testcontroller", testcontrollerOptionRows, argv);
  return readTestcontrollerOptions(options);
}

describe("options of ovs-testcontroller", () => {
  it("have upstream's defaults", () => {
    expect(read()).toMatchObject({
      ...{ hub: false, normal: false, installsFlows: true, wildcards: 0, maxIdle: 60, mute: false },
      ...{ defaultQueue: undefined, versions: 0x7e, warnings: [] },
    });
  });

  it.each<[string, Partial<TestcontrollerSettings>]>([
    ["-H -n", { hub: true, installsFlows: false }],
    ["-N --mute", { normal: true, mute: true }],
    ["-w", { wildcards: 0x3820f0 }],
    ["-w2000EC", { wildcards: 0x2000ec }],
    ["--wildcards=0x10", { wildcards: 0x10 }],
    ["-wzz", { wildcards: 0 }],
    ["--max-idle=9", { maxIdle: 9 }],
    ["--max-idle=permanent", { maxIdle: 0 }],
    ["-q 5", { defaultQueue: 5 }],
    ["-q foo", { defaultQueue: 0 }],
    [
      "-Q eth0:3 --port-queue eth1:4x",
      {
        portQueues: new Map([
          ["eth0", 3],
          ["eth1", 4],
        ]),
      },
    ],
    ["--with-flows a --with-flows=b", { flowFiles: ["a", "b"] }],
    ["-O OpenFlow13,OpenFlow1.0", { versions: 0x12 }],
    [
      "-p k -c c -C none --peer-ca-cert p",
      { tls: { privateKey: "k", certificate: "c", caCertificate: "none", peerCaCertificate: "p" } },
    ],
  ])("reads %s", (line, settings) => {
    expect(read(...line.split(" "))).toMatchObject(settings);
  });

  it("lets queues go before what names no port", () => {
    expect(read("-N", "-H", "-Q", "a:1")).toMatchObject({
      hub: false,
      normal: false,
      warnings: [
        "queue IDs are incompatible with -N or --normal; not using OFPP_NORMAL",
        "queue IDs are incompatible with -H or --hub; not acting as hub",
      ],
    });
  });

  // Open vSwitch 3.1.0's words.
  it.each([
    ["--max-idle=0", "--max-idle argument must be between 1 and 65535 or the word 'permanent'"],
    ["--max-idle=65536", "--max-idle argument must be between 1 and 65535 or the word 'permanent'"],
    ["--max-idle=foo", "--max-idle argument must be between 1 and 65535 or the word 'permanent'"],
    ["-Q foo", 'argument to -Q or --port-queue should take the form "<port-name>:<queue-id>"'],
    ["-Q :1", 'argument to -Q or --port-queue should take the form "<port-name>:<queue-id>"'],
    ["-Q foo:", 'argument to -Q or --port-queue should take the form "<port-name>:<queue-id>"'],
    ["-Q a:1 -Q a:2", "<port-name> arguments for -Q or --port-queue must be unique"],
    ["-O OpenFlow16", 'Unknown OpenFlow version: "OpenFlow16"'],
    ["--w", "ovs-testcontroller: option '--w' is ambiguous; possibilities: '--wildcards' '--with-flows'"],
    [
      "--n",
      "ovs-testcontroller: option '--n' is ambiguous; possibilities: '--noflow' '--normal' '--no-self-confinement' '--no-chdir'",
    ],
    [
      "--p",
      "ovs-testcontroller: option '--p' is ambiguous; possibilities: '--port-queue' '--pidfile' '--protocols' '--private-key' '--peer-ca-cert'",
    ],
    ["-M", "ovs-testcontroller: invalid option -- 'M'"],
  ])("refuses %s", (line, message) => {
    expect(() => read(...line.split(" "))).toThrow(message);
  });
});

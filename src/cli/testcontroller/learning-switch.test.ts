import { describe, expect, it } from "vitest";
import { formatActions } from "#openflow/actions/table.js";
import { formatMatch } from "#openflow/match-text.js";
import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import { type ForwardingSettings, LearningSwitch } from "./learning-switch.js";

const plain: ForwardingSettings = {
  hub: false,
  normal: false,
  installsFlows: true,
  wildcards: 0x3820f0,
  maxIdle: 60,
  defaultQueue: undefined,
  portQueues: new Map(),
};

const [a, b] = ["505400000005", "505400000007"] as const;
const frame = (to: string, from: string): Uint8Array => Uint8Array.from(Buffer.from(`${to}${from}12340000`, "hex"));

function setup(settings: Partial<ForwardingSettings> = {}) {
  const learned: string[] = [];
  const forwarding = new LearningSwitch({ ...plain, ...settings }, (mac, port) => learned.push(`${mac} ${port}`));
  /** What becomes of a packet: the flow and the packet's own actions. */
  const packet = (now: number, inPort: number, data: Uint8Array, bufferId = NO_BUFFER): string => {
    const { flow, actions } = forwarding.packet(now, { inPort, bufferId, data });
    const match = flow && `${formatMatch(flow.match)} actions=${formatActions(flow.actions)}`;
    return `${match ?? "no flow"} | ${actions ? formatActions(actions) : "-"}`;
  };
  return { learned, forwarding, packet };
}

describe("LearningSwitch", () => {
  it("floods until it knows, then sends to the port alone", () => {
    const { learned, packet } = setup();
    expect(packet(0, 1, frame(b, a))).toBe("no flow | FLOOD");
    const match = "in_port=2,vlan_tci=0x0000/0x1fff,dl_src=50:54:00:00:00:07,dl_dst=50:54:00:00:00:05";
    expect(packet(0, 2, frame(a, b))).toBe(`${match} actions=output:1 | output:1`);
    expect(packet(0, 2, frame(a, b), 7)).toBe(`${match} actions=output:1 | -`);
    expect(learned).toEqual(["50:54:00:00:00:05 1", "50:54:00:00:00:07 2"]);
  });

  it("forgets addresses that were silent for five minutes, and follows those that move", () => {
    const { learned, packet } = setup({ installsFlows: false });
    packet(0, 1, frame(b, a));
    expect(packet(299_000, 2, frame(a, b))).toBe("no flow | output:1");
    expect(packet(301_000, 2, frame(a, b))).toBe("no flow | FLOOD");
    packet(302_000, 3, frame(b, a));
    packet(303_000, 4, frame(b, a));
    expect(packet(304_000, 2, frame(a, b))).toBe("no flow | output:4");
    expect(learned.slice(2)).toEqual(["50:54:00:00:00:05 3", "50:54:00:00:00:05 4"]);
  });

  it("drops what would go back, and makes the switch drop what it keeps", () => {
    const { packet } = setup({ installsFlows: false });
    expect(packet(0, 1, frame(a, a))).toBe("no flow | -");
    expect(packet(0, 1, frame(a, a), 7)).toBe("no flow | drop");
    expect(packet(0, 1, frame("0180c2000000", a), 7)).toBe("no flow | drop");
    expect(packet(0, 1, frame("0180c2000010", a), 7)).toBe("no flow | FLOOD");
  });

  it("leaves known addresses to the switch's own forwarding where told to", () => {
    const { packet } = setup({ normal: true, installsFlows: false });
    expect(packet(0, 1, frame(b, a))).toBe("no flow | FLOOD");
    expect(packet(0, 2, frame(a, b))).toBe("no flow | NORMAL");
  });

  it("has queues by the port that a packet came in at", () => {
    const { packet, forwarding } = setup({ defaultQueue: 3, portQueues: new Map([["p2", 9]]), installsFlows: false });
    forwarding.port(2, "p2");
    packet(0, 1, frame(b, a));
    expect(packet(0, 2, frame(a, b))).toBe("no flow | enqueue:1:9");
    expect(packet(0, 1, frame(b, a))).toBe("no flow | enqueue:2:3");
    forwarding.port(2, "other");
    expect(packet(0, 2, frame(a, b))).toBe("no flow | enqueue:1:3");
  });

  it("takes any bytes", () => {
    const { packet } = setup({ hub: true });
    for (const length of [0, 1, 13, 14, 60]) expect(packet(0, 1, new Uint8Array(length))).toContain("| FLOOD");
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OurTracker, startOurTracker } from "../differential/conntrack/our-tracker.js";
import { ipv4, tcp, udp } from "../support/ip-frames.js";

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");

describe("commands of connection tracking that the installed switch does not have", () => {
  let tracker: OurTracker;
  beforeEach(() => {
    tracker = startOurTracker();
  });
  afterEach(() => tracker.stop());

  /** Connections of one client port each, with marks and labels by port. */
  async function marked(): Promise<void> {
    for (const [port, rule] of [
      [1, "ct(commit,mark=0x5,label=0x1)"],
      [2, "ct(commit,mark=0x15,label=0x10000000000000001)"],
      [3, "ct(commit,zone=4,mark=0x5)"],
    ] as const) {
      tracker.rule(rule);
      await tracker.put(1, udp(ipv4, 1, 2, [port, 99]));
    }
  }

  const ports = async (): Promise<string[]> =>
    lines(await tracker.call("dpctl/dump-conntrack"))
      .map((line) => /sport=(\d+)/.exec(line)![1]!)
      .sort();

  it.each([
    [["mark=5"], ["2"]],
    [["mark=0x5/0xf"], []],
    [["mark=0x10/0x10"], ["1", "3"]],
    [
      ["zone=4", "mark=5"],
      ["1", "2"],
    ],
    [["labels=1"], ["2", "3"]],
    [["labels=1/1"], ["3"]],
    [["labels=0x10000000000000000/0x10000000000000000"], ["1", "3"]],
    [
      ["mark=5", "labels=0/1"],
      ["1", "2"],
    ],
    [
      ["mark=5", "ct_nw_src=10.0.0.1,ct_nw_proto=17,ct_tp_src=1"],
      ["2", "3"],
    ],
  ])("flush-conntrack %j leaves %j", async (words, left) => {
    await marked();
    expect(await tracker.call("dpctl/flush-conntrack", ...words)).toBe("");
    expect(await ports()).toEqual(left);
  });

  it.each(["mark=", "mark=x", "mark=1/y", "mark=0x100000000", "mark=1/2/3", "labels=-1"])(
    "refuses %s",
    async (word) => {
      await marked();
      const name = word.split("=")[0];
      expect(await tracker.call("dpctl/flush-conntrack", word)).toBe(
        `ovs-vswitchd: failed to parse ${name} (Invalid argument)\n`,
      );
      expect(await ports()).toEqual(["1", "2", "3"]);
    },
  );

  it("shows and flushes more connections than are looked at in one go", async () => {
    await tracker.begin({ fromClient: "ct(commit)", fromServer: "ct" });
    for (let n = 0; n < 3000; n++) await tracker.put(1, udp(ipv4, 1, 2, [1000 + n, 99]));
    expect(new Set(await ports()).size).toBe(3000);
    await tracker.call("dpctl/flush-conntrack", "ct_nw_proto=17,ct_tp_src=3000");
    expect((await ports()).length).toBe(2999);
    await tracker.call("dpctl/flush-conntrack");
    expect(await ports()).toEqual([]);
  });

  it("shows what helpers expect, until it comes or the tracker is flushed", async () => {
    await tracker.begin({ fromClient: "ct(commit,zone=3,helper=ftp)", fromServer: "ct(commit,zone=3)" });
    const client = (flags: string, sequence: number, acknowledgment: number, data = ""): Promise<unknown> =>
      tracker.put(1, tcp(ipv4, 1, 2, [4000, 21], flags, { sequence, acknowledgment, data }));
    await client("S", 1, 0);
    await tracker.put(2, tcp(ipv4, 2, 1, [21, 4000], "SA", { sequence: 1, acknowledgment: 2 }));
    await client("A", 2, 2);
    await client("PA", 2, 2, "PORT 10,0,0,1,15,160\r\n");
    const line =
      "tcp,orig=(src=10.0.0.2,dst=10.0.0.1,sport=0,dport=4000),zone=3,parent=(src=10.0.0.1,dst=10.0.0.2,sport=4000,dport=21)";
    expect(lines(await tracker.call("dpctl/dump-conntrack-exp"))).toEqual([line]);
    expect(lines(await tracker.call("dpctl/dump-conntrack-exp", "zone=3"))).toEqual([line]);
    expect(lines(await tracker.call("dpctl/dump-conntrack-exp", "zone=4"))).toEqual([]);
    await tracker.put(2, tcp(ipv4, 2, 1, [20, 4000], "S", { sequence: 9 }));
    expect(lines(await tracker.call("dpctl/dump-conntrack-exp"))).toEqual([]);
    await client("PA", 24, 2, "PORT 10,0,0,1,15,161\r\n");
    expect(lines(await tracker.call("dpctl/dump-conntrack-exp"))).toHaveLength(1);
    await tracker.call("dpctl/flush-conntrack");
    expect(lines(await tracker.call("dpctl/dump-conntrack-exp"))).toEqual([]);
  });

  it("deletes the default limit, alone or with those of zones", async () => {
    const limits = (): Promise<string> => tracker.call("dpctl/ct-get-limits");
    await tracker.call("dpctl/ct-set-limits", "default=5", "zone=1,limit=2", "zone=2,limit=3");
    await tracker.call("dpctl/ct-del-limits", "default");
    expect(await limits()).toBe("default limit=0\nzone=1,limit=2,count=0\nzone=2,limit=3,count=0\n");
    await tracker.call("dpctl/ct-set-limits", "default=5");
    await tracker.call("dpctl/ct-del-limits", "default", "zone=1");
    expect(await limits()).toBe("default limit=0\nzone=2,limit=3,count=0\n");
  });

  it("has a sweep interval", async () => {
    expect(await tracker.call("dpctl/ct-get-sweep-interval")).toBe("50\n");
    expect(await tracker.call("dpctl/ct-set-sweep-interval", "x")).toBe(
      "ovs-vswitchd: sweep interval missing or malformed (Invalid argument)\n",
    );
    expect(await tracker.call("dpctl/ct-set-sweep-interval", "30000")).toBe("setting sweep interval successful\n");
    expect(await tracker.call("dpctl/ct-get-sweep-interval")).toBe("30000\n");
  });
});

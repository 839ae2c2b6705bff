import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { OF15 } from "#openflow/version.js";
import { describeWith, root } from "../support/needs.js";
import { OpenFlowTalker } from "../support/openflow-talker.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";
import { SCALE, scaleBundle, scaleFlows, scaleGroups, scaleMeters } from "./pipeline-scale-flows.js";

const ofctl = ["/usr/bin/ovs-ofctl", "-O", "OpenFlow15"] as const;
/** A file of this many lines at a time: a program may take thirty seconds. */
const AT_ONCE = 10_000;
const nothing = new Uint8Array(0);

describeWith([root, needsRealPrograms], "a switch of 100,000 flows in 30 tables with 200 masks", () => {
  let stack: SwitchStack;
  const figures: string[] = [];

  beforeAll(async () => {
    const options = { switchOptions: ["--enable-dummy", "--disable-system"] };
    stack = await SwitchStack.start({ ...realPrograms, vswitchd: ourPrograms.vswitchd }, options);
  });
  afterAll(async () => {
    await stack?.close();
    console.log(figures.join("\n"));
  });

  const resident = (): number => {
    const status = readFileSync(`/proc/${stack.pid("ovs-vswitchd")}/status`, "utf8");
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024);
  };
  const of = (...words: readonly string[]): Promise<string> => stack.must(ofctl[0], ...ofctl.slice(1), ...words);
  const counted = async (...match: readonly string[]): Promise<number> =>
    Number(/flow_count=(\d+)/.exec(await of("dump-aggregate", "br0", ...match))![1]);
  const lines = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const file = (name: string, content: readonly string[]): string => {
    writeFileSync(stack.path(name), `${content.join("\n")}\n`);
    return stack.path(name);
  };

  /** Does something while another connection asks again and again; gives how often it was answered. */
  async function answered(what: string, work: () => Promise<unknown>): Promise<number> {
    const talker = await OpenFlowTalker.open(stack.path("br0.mgmt"), OF15);
    const start = performance.now();
    let isDone = false;
    let longest = 0;
    let answers = 0;
    const asking = (async () => {
      while (!isDone) {
        const asked = performance.now();
        await talker.say(nothing);
        longest = Math.max(longest, performance.now() - asked);
        answers++;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    try {
      await work();
    } finally {
      isDone = true;
      await asking;
      talker.close();
    }
    const took = ((performance.now() - start) / 1000).toFixed(2);
    figures.push(
      `${what}: ${took} s; ${answers} echoes meanwhile, the slowest ${longest.toFixed(0)} ms; ${resident()} MB`,
    );
    return answers;
  }

  const all = scaleFlows();

  it("has 1,000 ports", async () => {
    const versions = "protocols=OpenFlow10,OpenFlow13,OpenFlow15";
    const bridge = `add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure ${versions}`;
    await stack.must(stack.programs.vsctl, ...bridge.split(" "));
    const ports = Array.from({ length: SCALE.ports }, (_, i) => i + 1).map(
      (n) => `add-port br0 p${n} -- set interface p${n} type=dummy ofport_request=${n}`,
    );
    await answered("1,000 ports", () => stack.must(stack.programs.vsctl, ...ports.join(" -- ").split(" ")));
    expect(lines(await of("dump-ports-desc", "br0"), /^ \S+\(.*addr:/gm)).toBe(SCALE.ports + 1);
    expect(lines(await of("dump-ports", "br0"), /^ {2}port /gm)).toBe(SCALE.ports + 1);
  });

  it("has 5,000 groups and 500 meters", async () => {
    await answered("5,000 groups", () => of("add-groups", "br0", file("groups", scaleGroups())));
    expect(lines(await of("dump-groups", "br0"), /group_id=/g)).toBe(SCALE.groups);
    const meters = file("meters", scaleMeters());
    const each = `while read m; do ${ofctl.join(" ")} add-meter br0 "$m" || exit 1; done < ${meters}`;
    await answered("500 meters, a connection each", () => stack.must("/bin/sh", "-c", each));
    expect(lines(await of("dump-meters", "br0"), /^meter=/gm)).toBe(SCALE.meters);
    expect(lines(await of("meter-stats", "br0"), /^meter:/gm)).toBe(SCALE.meters);
  });

  it("takes 100,000 flows, and answers others meanwhile", async () => {
    const answers = await answered("100,000 flow-mods", async () => {
      for (let at = 0; at < all.length; at += AT_ONCE) {
        await of("add-flows", "br0", file("some", all.slice(at, at + AT_ONCE)));
      }
    });
    expect(answers).toBeGreaterThan(20);
    expect(await counted()).toBe(SCALE.flows);
    const dumped = await of("--no-stats", "dump-flows", "br0");
    expect(lines(dumped, /actions=/g)).toBe(SCALE.flows);
    // Table 0 is not spelt out.
    for (const table of [1, 7, 29]) {
      expect(lines(dumped, new RegExp(`table=${table},`, "g"))).toBe(
        all.filter((f) => f.startsWith(`table=${table},`)).length,
      );
    }
    await answered("diff-flows", async () => {
      // Nothing differs: what the switch has is what the file says.
      expect(await of("diff-flows", "br0", file("all", all))).toBe("");
    });
    await answered("dump-flows", () => of("dump-flows", "br0"));
    expect(lines(await of("dump-group-stats", "br0"), /group_id=/g)).toBe(SCALE.groups);
  });

  it("commits bundles of 50,000 flow-mods whole or not at all", async () => {
    const table = `table=${SCALE.bundleTable}`;
    const seen = new Set<number>();
    let isDone = false;
    const looking = (async () => {
      while (!isDone) seen.add(await counted(table));
    })();
    await answered("a bundle of 50,000", () => of("--bundle", "add-flows", "br0", file("bundle", scaleBundle())));
    isDone = true;
    await looking;
    seen.add(await counted(table));
    expect([...seen].sort((a, b) => a - b)).toEqual([0, SCALE.bundle]);
    const refused = [`delete ${table}`, ...scaleBundle(), `add ${table},priority=9,actions=group:4000000`];
    const ran = await stack.run(ofctl[0], ...ofctl.slice(1), "--bundle", "add-flows", "br0", file("refused", refused));
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain("OFPBAC_BAD_OUT_GROUP");
    expect(await counted(table)).toBe(SCALE.bundle);
    await of("--bundle", "del-flows", "br0", table);
    expect(await counted()).toBe(SCALE.flows);
  });

  it("sends packets through all tables", async () => {
    const match = "cookie=0xfeed,priority=1000,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_dst=9";
    const hops = Array.from({ length: SCALE.tables }, (_, table) => {
      const next = table + 1 < SCALE.tables ? `resubmit(,${table + 1})` : "output:999,group:2";
      return `table=${table},${match},actions=${next}`;
    });
    await of("add-flows", "br0", file("hops", hops));
    const buckets = /actions=output:(\d+).*actions=output:(\d+)/.exec(await of("dump-groups", "br0", "2"))!;
    const traced = await stack.must(stack.programs.appctl, "ofproto/trace", "--names", "br0", SCALE.flow);
    expect(lines(traced, /cookie 0xfeed/g)).toBe(SCALE.tables);
    expect(traced).toContain(`Datapath actions: p999,p${buckets[1]},p${buckets[2]}`);
    for (let n = 0; n < 20; n++) await stack.appctl("netdev-dummy/receive", `p${n + 1}`, SCALE.packet);
    await stack.appctl("revalidator/wait");
    expect(lines(await of("dump-flows", "br0", "cookie=0xfeed/-1"), /n_packets=20,/g)).toBe(SCALE.tables);
    expect(await of("dump-ports", "br0", "999")).toContain("tx pkts=20");
    await of("del-flows", "br0", "cookie=0xfeed/-1");
  });

  it("deletes by cookie, group and meter", async () => {
    const of5 = all.filter((flow) => flow.includes("cookie=0x5,")).length;
    expect(lines(await of("dump-flows", "br0", "cookie=0x5/-1"), /cookie=0x5,/g)).toBe(of5);
    await answered("1,000 flows deleted by their cookie", () => of("del-flows", "br0", "cookie=0x5/-1"));
    expect(await counted()).toBe(SCALE.flows - of5);
    const left = all.filter((flow) => !flow.includes("cookie=0x5,"));
    const grouped = left.filter((flow) => flow.includes("group:")).length;
    await answered("5,000 groups deleted, with their flows", () => of("del-groups", "br0"));
    expect(await counted()).toBe(left.length - grouped);
    const metered = left.filter((flow) => flow.includes("meter:")).length;
    await answered("500 meters deleted, with their flows", () => of("del-meters", "br0"));
    expect(await counted()).toBe(left.length - grouped - metered);
    await answered("the rest", () => of("del-flows", "br0"));
    expect(await counted()).toBe(0);
    await of("add-flows", "br0", file("some", all.filter((f) => !/group|meter/.test(f)).slice(0, AT_ONCE)));
    await stack.must(stack.programs.vsctl, "--timeout=20", "del-br", "br0");
    expect(await stack.must(stack.programs.appctl, "dpctl/dump-dps")).toBe("");
  });
});

import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";

const PACKETS = 20;
const PACKET =
  "in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)";

interface Hits {
  readonly emc: number;
  readonly smc: number;
  readonly megaflow: number;
  readonly missed: number;
}

/** Sends packets of one flow, and gives how they were found. */
async function hits(stack: SwitchStack, packets: number): Promise<Hits> {
  await stack.appctl("revalidator/purge");
  await stack.appctl("dpif-netdev/pmd-stats-clear");
  // One that makes the flow; the others find it.
  for (const count of [1, packets - 1]) {
    await stack.must(
      stack.programs.appctl,
      "netdev-dummy/receive",
      "p1",
      ...Array.from({ length: count }, () => PACKET),
    );
  }
  const shown = await stack.must(stack.programs.appctl, "dpif-netdev/pmd-stats-show");
  // There may be other threads beside the main one.
  const count = (name: string): number =>
    [...shown.matchAll(new RegExp(`^ {2}${name}: (\\d+)$`, "gm"))].reduce((sum, [, n]) => sum + Number(n), 0);
  return {
    emc: count("emc hits"),
    smc: count("smc hits"),
    megaflow: count("megaflow hits"),
    missed: count("miss with success upcall"),
  };
}

describeWith([root, needsRealPrograms], "settings of lookups, beside the installed switch", () => {
  let stacks: SwitchStack[] = [];
  const both = async (...args: readonly string[]): Promise<void> => {
    for (const stack of stacks) await stack.must(stack.programs.vsctl, "--timeout=15", ...args);
  };

  beforeAll(async () => {
    const options = { switchOptions: ["--enable-dummy=override", "--disable-system"] };
    stacks = await Promise.all([ourPrograms, realPrograms].map((programs) => SwitchStack.start(programs, options)));
    await both("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy");
    await both("add-port", "br0", "p1", "--", "set", "interface", "p1", "type=dummy", "ofport_request=1");
  }, 60_000);
  afterAll(async () => {
    for (const stack of stacks) await stack.close();
  });

  it.each([
    ["emc-insert-inv-prob=0", ["megaflow"]],
    ["emc-insert-inv-prob=1", ["emc"]],
    ["emc-insert-inv-prob=0 smc-enable=true", ["smc"]],
    ["emc-insert-inv-prob=1 smc-enable=true", ["emc"]],
  ] as const)(
    "%s: a flow's packets are found by the same cache",
    async (settings, found) => {
      const values = settings.split(" ").map((s) => `other_config:${s}`);
      await both("clear", "Open_vSwitch", ".", "other_config");
      await both("set", "Open_vSwitch", ".", ...values);
      for (const stack of stacks) {
        const { missed, ...counts } = await hits(stack, PACKETS);
        expect(missed).toBe(1);
        expect(counts.emc + counts.smc + counts.megaflow).toBe(PACKETS - 1);
        // Ours puts into its caches what a packet has found, and theirs what an upcall has, too.
        const most = Object.entries(counts).filter(([, n]) => n >= PACKETS - 2);
        expect(most.map(([name]) => name)).toEqual(found);
      }
    },
    60_000,
  );

  it("emc-enable=false keeps a port's packets out of the exact-match cache", async () => {
    await both("clear", "Open_vSwitch", ".", "other_config");
    await both("set", "Open_vSwitch", ".", "other_config:emc-insert-inv-prob=1");
    await both("set", "Interface", "p1", "other_config:emc-enable=false");
    for (const stack of stacks) expect(await hits(stack, PACKETS)).toMatchObject({ emc: 0, smc: 0 });
    await both("clear", "Interface", "p1", "other_config");
    for (const stack of stacks) expect((await hits(stack, PACKETS)).emc).toBeGreaterThanOrEqual(PACKETS - 2);
  }, 60_000);
});

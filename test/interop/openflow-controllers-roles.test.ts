import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { describeWith, root } from "../support/needs.js";
import { osKen } from "../support/os-ken.js";
import { OsKenController } from "../support/os-ken-controller.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";
import { difference, tidy } from "./openflow-controllers-tidy.js";

const PORTS = [6653, 6654] as const;
const patience = 4000;
const frame = "eth(src=50:54:00:00:00:05,dst=50:54:00:00:00:07),eth_type(0x1234)";
const bridge =
  "add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure protocols=OpenFlow13,OpenFlow14 other_config:datapath-id=00000000000000b0 other_config:hwaddr=00:00:00:00:00:b0 -- add-port br0 p1 -- set interface p1 type=dummy ofport_request=1";
const controllers = `set-controller br0 ${PORTS.map((port) => `tcp:127.0.0.1:${port}`).join(" ")}`;

/** A switch and its two controllers, which are told what to do by their numbers. */
interface Side {
  readonly stack: SwitchStack;
  readonly pair: OsKenController[];
}

describeWith([root, needsRealPrograms, osKen], "two controllers of os-ken, beside the installed switch", () => {
  let stacks: readonly SwitchStack[] = [];
  let sides: Side[] = [];

  beforeAll(async () => {
    const switchOptions = ["--enable-dummy", "--disable-system"];
    const start = (vswitchd: string): Promise<SwitchStack> =>
      SwitchStack.start({ ...realPrograms, vswitchd }, { switchOptions });
    stacks = await Promise.all([start(ourPrograms.vswitchd), start(realPrograms.vswitchd)]);
  });
  afterAll(async () => {
    await Promise.all(stacks.map((stack) => stack.close()));
  });

  const controller = (stack: SwitchStack, port: number): Promise<OsKenController> =>
    OsKenController.start((file, ...args) => stack.background(file, ...args), { version: 5, port });

  beforeEach(async () => {
    sides = await Promise.all(
      stacks.map(async (stack) => {
        const pair = await Promise.all(PORTS.map((port) => controller(stack, port)));
        await stack.must(stack.programs.vsctl, ...`${bridge} -- ${controllers}`.split(" "));
        const settings = "connection_mode=out-of-band max_backoff=1000";
        for (const port of PORTS) {
          const [row] = (
            await stack.must(
              stack.programs.vsctl,
              "--bare",
              "--columns=_uuid",
              "find",
              "controller",
              `target="tcp:127.0.0.1:${port}"`,
            )
          ).split("\n");
          await stack.must(stack.programs.vsctl, "set", "controller", row!, ...settings.split(" "));
        }
        for (const one of pair) await one.met();
        return { stack, pair };
      }),
    );
    return async () => {
      await Promise.all(sides.flatMap(({ pair }) => pair.map((one) => one.stop())));
      await Promise.all(stacks.map((stack) => stack.must(stack.programs.vsctl, "del-br", "br0")));
    };
  });

  /** Does a thing on both sides; what both pairs of controllers have heard since must become alike. */
  async function same(what: string, work: (side: Side) => Promise<unknown>): Promise<void> {
    const from = sides.map(({ pair }) => pair.map((one) => one.events.length));
    await Promise.all(sides.map(work));
    const heard = (): string[] =>
      sides.map(({ pair }, i) =>
        pair
          .map((one, k) =>
            one.events
              .slice(from[i]![k]!)
              .filter((e) => e.event !== "EventOFPBarrierReply")
              .map((e) => `${k}: ${tidy(e)}`)
              .join("\n"),
          )
          .join("\n"),
      );
    await eventually(() => heard()[0] === heard()[1], what, patience).catch(() => {});
    const [ours, real] = heard();
    expect(difference([ours!], [real!]), what).toBe("");
  }

  const say = (who: number, expression: string): Promise<void> =>
    same(`${who}: ${expression}`, ({ pair }) => pair[who]!.say(expression));
  const vsctl = (line: string): Promise<void> =>
    same(line, ({ stack }) => stack.must(stack.programs.vsctl, ...line.split(" ")));
  const packet = (): Promise<void> =>
    same("a packet", async ({ stack, pair }) => {
      await stack.appctl("netdev-dummy/receive", "p1", frame);
      for (let turn = 0; turn < 2; turn++) {
        await Promise.all(Array.from({ length: 12 }, () => stack.appctl("version")));
        for (const one of pair) await one.say("[]").catch(() => {});
      }
      // What the datapath has counted is the flow's only then.
      await stack.appctl("revalidator/wait");
    });
  const roles = async (): Promise<string[]> => {
    const columns = "-f csv --no-headings --columns=target,role list controller".split(" ");
    const read = sides.map(({ stack }) => stack.must(stack.programs.vsctl, ...columns));
    return (await Promise.all(read)).map((text) => text.split("\n").sort().join("\n"));
  };

  it("have roles, of which one is the primary's, and generations", { timeout: 90_000 }, async () => {
    const miss =
      "p.OFPFlowMod(dp, priority=0, match=p.OFPMatch(), instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, [p.OFPActionOutput(o.OFPP_CONTROLLER, 0xffff)])])";
    await say(0, miss);
    await packet();
    await say(0, "p.OFPRoleRequest(dp, o.OFPCR_ROLE_NOCHANGE, 0)");
    await say(0, "p.OFPRoleRequest(dp, o.OFPCR_ROLE_MASTER, 1)");
    await say(1, "p.OFPRoleRequest(dp, o.OFPCR_ROLE_SLAVE, 1)");
    await packet();
    await say(1, miss);
    await say(1, "p.OFPPortMod(dp, 1, '00:00:00:00:00:99', 0, 0, [])");
    await say(1, "p.OFPPacketOut(dp, o.OFP_NO_BUFFER, 1, [p.OFPActionOutput(1)], b'0' * 60)");
    await say(1, "p.OFPFlowStatsRequest(dp)");
    // The other takes over: the first is told, and is no longer heard.
    await say(1, "p.OFPRoleRequest(dp, o.OFPCR_ROLE_MASTER, 2)");
    await say(0, miss);
    await packet();
    await say(0, "p.OFPRoleRequest(dp, o.OFPCR_ROLE_MASTER, 1)");
    await say(0, "p.OFPRoleRequest(dp, o.OFPCR_ROLE_EQUAL, 0)");
    await say(0, "p.OFPRoleRequest(dp, 9, 0)");
    await packet();
    await eventually(
      async () => {
        const [ours, real] = await roles();
        return ours === real && ours!.includes("master");
      },
      "the database to say the same of their roles",
      12_000,
    );
  });

  it("choose what they are told", { timeout: 90_000 }, async () => {
    await say(0, "p.OFPGetAsyncRequest(dp)");
    await say(
      0,
      "p.OFPSetAsync(dp, [p.OFPAsyncConfigPropReasons(o.OFPACPT_PACKET_IN_MASTER, 8, 0), p.OFPAsyncConfigPropReasons(o.OFPACPT_PORT_STATUS_MASTER, 8, 2)])",
    );
    await say(0, "p.OFPGetAsyncRequest(dp)");
    await say(
      1,
      "p.OFPFlowMod(dp, priority=0, match=p.OFPMatch(), flags=o.OFPFF_SEND_FLOW_REM, instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, [p.OFPActionOutput(o.OFPP_CONTROLLER, 0xffff)])])",
    );
    await packet();
    await vsctl("add-port br0 p2 -- set interface p2 type=dummy ofport_request=2");
    await vsctl("del-port p2");
    await say(
      1,
      "p.OFPFlowMod(dp, command=o.OFPFC_DELETE, table_id=o.OFPTT_ALL, out_port=o.OFPP_ANY, out_group=o.OFPG_ANY, match=p.OFPMatch(), instructions=[])",
    );
  });

  it("take over where the other dies, and it may come back", { timeout: 90_000 }, async () => {
    await say(0, "p.OFPRoleRequest(dp, o.OFPCR_ROLE_MASTER, 1)");
    await say(1, "p.OFPRoleRequest(dp, o.OFPCR_ROLE_SLAVE, 1)");
    await same("the first dies", ({ pair }) => pair[0]!.stop());
    await say(1, "p.OFPRoleRequest(dp, o.OFPCR_ROLE_MASTER, 2)");
    await say(1, "p.OFPFlowMod(dp, priority=7, match=p.OFPMatch(in_port=1), instructions=[])");
    for (const side of sides) {
      side.pair[0] = await controller(side.stack, PORTS[0]);
      await side.pair[0].met();
    }
    await say(0, "p.OFPFlowStatsRequest(dp)");
    await say(0, "p.OFPRoleRequest(dp, o.OFPCR_ROLE_MASTER, 1)");
    await say(0, "p.OFPRoleRequest(dp, o.OFPCR_ROLE_SLAVE, 2)");
    await say(0, "p.OFPFlowMod(dp, priority=8, match=p.OFPMatch(in_port=1), instructions=[])");
  });

  it("are dropped where they do not answer, and stop answering one that is stopped", { timeout: 90_000 }, async () => {
    for (const { stack } of sides) {
      const [row] = (
        await stack.must(
          stack.programs.vsctl,
          "--bare",
          "--columns=_uuid",
          "find",
          "controller",
          `target="tcp:127.0.0.1:${PORTS[0]}"`,
        )
      ).split("\n");
      await stack.must(stack.programs.vsctl, "set", "controller", row!, "inactivity_probe=1000");
    }
    for (const side of sides) side.pair[0]!.pause();
    const dropped = /no response to inactivity probe after \d+(\.\d+)? seconds, disconnecting/;
    for (const { stack } of sides) {
      await eventually(() => dropped.test(stack.log("ovs-vswitchd")), "the switch to lose its patience", 20_000);
    }
    const [ours, real] = sides.map(({ stack }) => dropped.exec(stack.log("ovs-vswitchd"))![0]);
    expect(ours).toBe(real);
    // The other is served meanwhile.
    await say(1, "p.OFPEchoRequest(dp, b'and you')");
    for (const side of sides) {
      const before = side.pair[0]!.count((e) => e.event === "state" && e.message === "main");
      side.pair[0]!.resume();
      await side.pair[0]!.met(before + 1);
    }
  });
});

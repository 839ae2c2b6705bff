import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { describeWith, program, root } from "../support/needs.js";
import { shellWords } from "../support/shell-words.js";
import { needsRealPrograms, ourPrograms, realPrograms, realSchema, SwitchStack } from "../support/switch-stack.js";

const ofctl = "/usr/bin/ovs-ofctl";
const testcontroller = "/usr/bin/ovs-testcontroller";

/** How long two switches may take until they agree, in milliseconds. */
const patience = 15_000;

/** Modules whose lines are compared; how connections are tried is a matter of moments. */
const told = /\|(connmgr|fail_open)\|(?:INFO|WARN|ERR)\|.*|\|bridge\|ERR\|.*/;

function tidy(stack: SwitchStack, text: string): string {
  return stack
    .unalias(text)
    .replace(/unix#\d+/g, "unix#<n>")
    .replace(/duration=[\d.]+s, /g, "")
    .replace(/duration[\d.]+s/g, "<duration>")
    .replace(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g, "<mac>")
    .replace(/sec_since_(\w+)=""\d+""/g, "sec_since_$1=<n>")
    .replace(/for \d+ seconds/g, "for <n> seconds")
    .replace(/xid=0x[0-9a-f]+/g, "xid=<n>");
}

/** What a switch shows of its controllers: status of them where that was written again since. */
async function look(stack: SwitchStack, from: number, withStatus: boolean): Promise<readonly string[]> {
  const flows = await stack.appctl("bridge/dump-flows", "br0");
  const rows = await stack.vsctl(
    ..."-f csv --no-headings --columns=target,is_connected,role,status list Controller".split(" "),
  );
  const lines = stack.log("ovs-vswitchd").slice(from).split("\n");
  return [
    ...flows.stdout
      .split("\n")
      .filter((line) => !line.includes("table_id=254"))
      .sort(),
    ...(withStatus ? rows.stdout.split("\n").sort() : []),
    // How long ago flows came is a matter of moments, too.
    ...lines.flatMap((line) => (/flow_mods \d+ s ago/.test(line) ? [] : (told.exec(line)?.[0] ?? []))).sort(),
  ].map((line) => tidy(stack, line));
}

async function run(stack: SwitchStack, line: string): Promise<string> {
  const [first = "", ...rest] = shellWords(line.replaceAll("DIR", stack.directory));
  if (first === "warp") {
    for (let i = 0; i < Number(rest[0]); i++) {
      await stack.appctl("time/warp", "1000", "1000");
      // What comes by a socket takes its time, which no clock of a test's makes.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return "";
  }
  const ran =
    first === "ofctl"
      ? await stack.run(ofctl, ...rest)
      : first === "appctl"
        ? await stack.appctl(...rest)
        : await stack.vsctl(first, ...rest);
  return tidy(stack, `${ran.stdout}${ran.stderr}(${ran.status})`).replace(/^\S+Z\|\d+\|/gm, "");
}

describeWith(
  [root, needsRealPrograms, program(testcontroller, "openvswitch-testcontroller")],
  "ovs-vswitchd and its controllers, beside the installed one",
  () => {
    let ours: SwitchStack;
    let real: SwitchStack;
    const controller = "unix:DIR/br0.controller";

    beforeAll(async () => {
      const options = { switchOptions: ["--enable-dummy=override"], hostNetwork: true, schema: realSchema };
      [ours, real] = (await Promise.all([ourPrograms, realPrograms].map((p) => SwitchStack.start(p, options)))) as [
        SwitchStack,
        SwitchStack,
      ];
      for (const stack of [ours, real])
        await stack.vsctl(..."add-br br0 -- set Bridge br0 datapath_type=dummy".split(" "));
      // A log is written a little later than ovs-vsctl ends.
      const isTold = (): boolean =>
        [ours, real].every((stack) => stack.log("ovs-vswitchd").includes("added service controller"));
      await eventually(isTold, "the bridge to be told of");
    });
    afterAll(async () => {
      await Promise.all([ours?.close(), real?.close()]);
    });

    /** Gives both the same lines; both must answer and become alike. */
    async function same(...lines: string[]): Promise<void> {
      for (const line of lines) {
        const marks = [ours, real].map((stack) => stack.log("ovs-vswitchd").length);
        const [a, b] = await Promise.all([ours, real].map((stack) => run(stack, line)));
        expect(a, line).toBe(b);
        const isLater = line.startsWith("warp");
        const end = performance.now() + patience;
        for (;;) {
          const [left, right] = await Promise.all([look(ours, marks[0]!, isLater), look(real, marks[1]!, isLater)]);
          if (JSON.stringify(left) === JSON.stringify(right)) break;
          if (performance.now() > end) {
            expect(left, line).toEqual(right);
            break;
          }
        }
      }
    }

    it("takes and leaves controllers, and refuses what is not for the database to say", async () => {
      await same(
        "appctl time/stop",
        "set-controller br0 punix:DIR/br0.one -- set Controller br0 connection_mode=out-of-band",
        "ofctl add-flow unix:DIR/br0.one priority=7,actions=drop",
        "set-controller br0 punix:DIR/br0.one punix:DIR/br0.two",
        "ofctl dump-flows unix:DIR/br0.two --no-stats",
        "set-controller br0 foo:bar punix:/nonexistent/x unix:/nonexistent/y",
        "del-controller br0",
        "set Bridge br0 protocols=OpenFlow13,OpenFlow14",
        "ofctl -O OpenFlow14 dump-flows br0",
        "clear Bridge br0 protocols",
        "ofctl snoop DIR/nobody",
      );
    }, 60_000);

    it("opens the way to controllers that are reached through the bridge, and to managers", async () => {
      await same(
        "set-manager tcp:127.0.0.1:2 tcp:9.9.9.9 ptcp:0",
        "set Bridge br0 other_config:in-band-queue=3",
        "set-controller br0 tcp:127.0.0.1:1",
        "warp 6",
        "set Bridge br0 other_config:disable-in-band=true",
        "set Bridge br0 other_config:disable-in-band=false",
        "set Controller br0 connection_mode=out-of-band",
        "del-manager",
        "del-controller br0",
        "remove Bridge br0 other_config in-band-queue",
      );
    }, 60_000);

    it("fails open, and gives the flows back to a controller that takes charge", async () => {
      await same(
        `set-controller br0 ${controller} -- set Controller br0 connection_mode=out-of-band`,
        "ofctl add-flow br0 priority=3,actions=drop",
        "warp 14",
        "warp 7",
      );
      for (const stack of [ours, real]) {
        const name = stack.path("br0.controller");
        stack.background(testcontroller, `punix:${name}`, `--unixctl=${name}.ctl`, "-vconsole:off");
      }
      await same(
        "warp 12",
        "appctl bridge/reconnect br0",
        "warp 8",
        "appctl bridge/reconnect nobody",
        "set-fail-mode br0 secure",
        "del-controller br0",
        "set-fail-mode br0 standalone",
      );
    }, 90_000);
  },
);

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeWith, root } from "../support/needs.js";
import { needsRealPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";

const tools = { ours: join(import.meta.dirname, "../../bin/ovs-ofctl"), real: "/usr/bin/ovs-ofctl" } as const;
const packet = "505400000005505400000006080045000028";

/** What a tool's monitor printed while these things were done to it and its switch. */
async function transcript(tool: string, options: readonly string[], words: readonly string[]): Promise<string> {
  const stack = await SwitchStack.start(realPrograms, { switchOptions: ["--enable-dummy", "--disable-system"] });
  try {
    const protocols = "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15";
    const bridge = `add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure protocols=${protocols}`;
    const port = "-- add-port br0 p1 -- set interface p1 type=dummy ofport_request=1";
    await stack.must(stack.programs.vsctl, ...`${bridge} ${port}`.split(" "));
    const socket = stack.path("monitor.ctl");
    let printed = "";
    const child = stack.background(tool, ...options, `--unixctl=${socket}`, "monitor", "br0", ...words);
    child.stdout?.on("data", (data: Buffer) => {
      printed += data;
    });
    child.stderr?.on("data", (data: Buffer) => {
      printed += data;
    });
    const exited = new Promise<number | null>((resolve) => {
      child.once("close", resolve);
    });
    const control = async (...args: readonly string[]): Promise<void> => {
      const { status, stdout, stderr } = await stack.run("/usr/bin/ovs-appctl", "-t", socket, ...args);
      printed += `${args[0]}: ${status} ${stdout}${stderr}\n`;
    };
    const ofctl = (...args: readonly string[]): Promise<string> => stack.must(tools.real, ...args);
    const connected = async (): Promise<boolean> => {
      const ran = await stack.run("/usr/bin/ovs-appctl", "-t", socket, "version");
      return ran.status === 0;
    };
    while (!(await connected())) await new Promise((resolve) => setTimeout(resolve, 20));
    await control("ofctl/barrier");
    await control("ofctl/send", "0402000800000009");
    await control("ofctl/send", "zz");
    await control("ofctl/send", "04020008");
    await control("ofctl/packet-out", `in_port=1 packet=${packet} actions=controller`);
    await control("ofctl/packet-out", "nonsense");
    await control("ofctl/block");
    await control("ofctl/block");
    await control("ofctl/unblock");
    await control("ofctl/unblock");
    await ofctl("add-flow", "br0", "in_port=1,actions=LOCAL");
    await ofctl("mod-flows", "br0", "in_port=1,actions=drop");
    await control("ofctl/barrier");
    await control("ofctl/set-output-file", "/nonexistent/file");
    await control("ofctl/set-output-file", stack.path("output"));
    await ofctl("del-flows", "br0");
    await control("ofctl/barrier");
    await control("exit");
    printed += `${await exited}\n${readFileSync(stack.path("output"), "utf8")}`;
    return stack.unalias(printed).replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}: /gm, "<time>: ");
  } finally {
    await stack.close();
  }
}

/** Standard output, standard error and answers come by ways of their own: only what is printed is compared, not how it interleaves. */
const sorted = (text: string): string[] => text.split("\n").sort();

describeWith([root, needsRealPrograms], "ovs-ofctl monitor beside the installed one", () => {
  for (const [options, words] of [
    [[], ["65534"]],
    [
      ["-O", "OpenFlow13"],
      ["65534", "watch:"],
    ],
    [["-O", "OpenFlow14", "--timestamp"], ["watch:in_port=1,!own"]],
    [
      ["-P", "nxt_packet_in"],
      ["100", "invalid_ttl"],
    ],
    [["-P", "standard", "-m"], ["65534"]],
  ] as const) {
    it([...options, "monitor br0", ...words].join(" "), { timeout: 60_000 }, async () => {
      const [ours, real] = await Promise.all([
        transcript(tools.ours, options, words),
        transcript(tools.real, options, words),
      ]);
      expect(sorted(ours)).toEqual(sorted(real));
    });
  }
});

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unanswered } from "../support/echoes.js";
import { eventually } from "../support/eventually.js";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root, tun } from "../support/needs.js";
import { osKen } from "../support/os-ken.js";
import { OsKenController, type OsKenEvent } from "../support/os-ken-controller.js";
import { runSealed } from "../support/sealed-script.js";
import { reaches, WeftHost } from "../support/weft-host.js";

const application = join(import.meta.dirname, "../support/os-ken-controller.py");
const mininet = program("/usr/bin/mn", "mininet");

/** True where a packet from station to station came up; others (of IPv6, to groups) come when they like. */
function isUnicastPacketIn({ event, message }: OsKenEvent): boolean {
  const data = /"data":"([^"]*)"/.exec(JSON.stringify(message))?.[1] ?? "";
  return event === "EventOFPPacketIn" && (Buffer.from(data, "base64")[0]! & 1) === 0;
}

/** A controller of os-ken for Mininet, listening. */
const osKenOf = (version: number): string => `
sleep 100 | OF_VERSION=${version} LEARN=1 osken-manager --ofp-listen-host 127.0.0.1 --ofp-tcp-listen-port 6653 ${application} >/tmp/controller 2>&1 &
for i in $(seq 100); do
  python3 -c 'import socket; socket.create_connection(("127.0.0.1", 6653))' 2>/dev/null && break
  sleep 0.1
done
`;

describeWith([root, mininet], "Mininet on our switch: every host reaches every other", () => {
  for (const [title, script, hosts] of [
    ["a tree and ovs-testcontroller", "mn --topo tree,2 --switch ovs,datapath=user --test pingall", 4],
    ["a line, the kernel's datapath asked for", "mn --topo linear,3 --switch ovs --test pingall", 3],
    [
      "no controller, switches that fail open",
      "mn --topo single,3 --controller none --switch ovs,datapath=user,failMode=standalone --test pingall",
      3,
    ],
    ["spanning trees", "mn --topo single,3 --switch ovs,datapath=user,stp=0,batch=True --test pingall", 3],
  ] as const) {
    it(title, { timeout: 120_000 }, async () => {
      const { stdout, stderr, status } = await runSealed(script, 100);
      const told = `${stdout}${stderr}`;
      const pairs = hosts * (hosts - 1);
      expect(told).toContain(`Results: 0% dropped (${pairs}/${pairs} received)`);
      expect(told).not.toMatch(/Traceback|Cannot|ovs-\w+: /);
      expect(status).toBe(0);
    });
  }
});

describeWith([root, mininet, osKen], "Mininet with a controller of os-ken", () => {
  for (const [title, version, options] of [
    ["1.0", 1, "protocols=OpenFlow10"],
    ["1.3", 4, "protocols=OpenFlow13"],
    ["1.5", 6, "protocols=OpenFlow15"],
  ] as const) {
    it(`of OpenFlow ${title}`, { timeout: 120_000 }, async () => {
      const words = `--topo linear,2 --controller remote,ip=127.0.0.1,port=6653 --switch ovs,datapath=user,${options}`;
      const { stdout, stderr } = await runSealed(
        `${osKenOf(version)}mn ${words} --test pingall\ncat /tmp/controller >&2`,
        100,
      );
      expect(`${stdout}${stderr}`).toContain("Results: 0% dropped (2/2 received)");
      expect(stderr).not.toContain("Traceback");
      // Flows were learnt: what hosts said to each other by way of the controller.
      expect(stderr).not.toMatch(/EventOFPErrorMsg/);
    });
  }
});

describeWith([root, tun, osKen], "hosts behind a switch whose controller is os-ken's", () => {
  for (const version of [1, 4, 6]) {
    describe(`of version ${version} on the wire`, () => {
      let host: WeftHost;
      let guests: readonly TestNamespace[];
      let controller: OsKenController;
      const ofctl = (...words: readonly string[]): string =>
        host.must("ovs-ofctl", "-O", "OpenFlow10,OpenFlow13,OpenFlow15", ...words);
      const start = (): Promise<OsKenController> =>
        OsKenController.start((file, ...args) => host.background(file, ...args), { version, learns: true, port: 6653 });

      beforeAll(async () => {
        host = new WeftHost();
        host.start();
        host.vsctl(
          ..."add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure protocols=OpenFlow10,OpenFlow13,OpenFlow15".split(
            " ",
          ),
        );
        guests = [1, 2, 3].map((n) => host.guest(`lc${n}`, `10.3.0.${n}/24`));
        for (const n of [1, 2, 3])
          host.vsctl("add-port", "br0", `lc${n}`, "--", "set", "interface", `lc${n}`, `ofport_request=${n}`);
        controller = await start();
        host.vsctl(
          ..."set-controller br0 tcp:127.0.0.1:6653 -- set controller br0 connection_mode=out-of-band max_backoff=1000".split(
            " ",
          ),
        );
        await controller.met();
      });
      afterAll(async () => {
        await controller?.stop();
        host?.close();
      });

      it("reach each other by flows that it adds", async () => {
        expect(reaches(guests[0]!, "10.3.0.2")).toBe(true);
        expect(reaches(guests[1]!, "10.3.0.3")).toBe(true);
        expect(reaches(guests[2]!, "10.3.0.1")).toBe(true);
        // The test itself heard nothing while it waited for them.
        await controller.say("[]");
        const flows = ofctl("dump-flows", "br0");
        expect(flows.match(/cookie=0x1,/g)!.length).toBeGreaterThanOrEqual(4);
        const count = controller.count(isUnicastPacketIn);
        expect(count).toBeGreaterThanOrEqual(3);
        // What is known does not come up.
        expect(unanswered(guests[0]!.run("ping", "-c", "20", "-i", "0.02", "10.3.0.2").stdout, 20)).toEqual([]);
        await controller.say("[]");
        expect(controller.count(isUnicastPacketIn)).toBe(count);
        host.appctl("revalidator/wait");
        const [, packets] = /n_packets=(\d+), .*in_port="?(?:1|lc1)"?,.*actions=output:"?(?:2|lc2)"?/.exec(
          ofctl("dump-flows", "br0"),
        )!;
        expect(Number(packets)).toBeGreaterThanOrEqual(20);
      });

      it("go on reaching each other when it dies, and meet others when it comes back", async () => {
        await controller.stop();
        await eventually(
          () => host.vsctl("get", "controller", "br0", "is_connected").trim() === "false",
          "it to be missed",
        );
        expect(reaches(guests[0]!, "10.3.0.2")).toBe(true);
        // Secure: what no flow tells stays where it is.
        ofctl("del-flows", "br0", "in_port=3");
        expect(reaches(guests[2]!, "10.3.0.2")).toBe(false);
        controller = await start();
        await controller.met();
        expect(reaches(guests[2]!, "10.3.0.2")).toBe(true);
        const isConnected = (): boolean => host.vsctl("get", "controller", "br0", "is_connected").trim() === "true";
        await eventually(isConnected, "the database to say so");
      });

      it("are told to it as ports that come, change and go", async () => {
        const before = controller.count((e) => e.event === "EventOFPPortStatus");
        host.namespace.ip("link set lc3 down");
        await eventually(() => controller.count((e) => e.event === "EventOFPPortStatus") > before, "a port status");
        host.vsctl("del-port", "br0", "lc3");
        // Other things come up beside it when they like.
        const isEnd = (e: OsKenEvent): boolean =>
          e.event === "EventOFPPortStatus" && JSON.stringify(e.message).includes('"reason":1');
        await eventually(() => controller.events.some(isEnd), "the port's end");
        expect(controller.complaints).not.toContain("Traceback");
      });
    });
  }
});

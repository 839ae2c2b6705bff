import { afterEach, beforeAll, expect, it } from "vitest";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { describeWith, program } from "../support/needs.js";
import { OvnSetup } from "../support/ovn-setup.js";

/** Where the schemas lie; those of other releases may be tried. */
const schemas = process.env["WEFT_OVN_SCHEMAS"] ?? "/usr/share/ovn";

/** What northd would draw lots for otherwise. */
const fixed = "set NB_Global . options:mac_prefix=02:00:00 options:svc_monitor_mac=02:00:00:00:00:01";

/** Two switches with ports, behind a router with NAT; access lists, groups of ports, a load balancer, DHCP. */
const first: readonly string[] = [
  `ls-add sw0 -- set Logical_Switch sw0 other_config:requested-tnl-key=11 other_config:subnet=10.0.0.0/24`,
  `ls-add sw1 -- set Logical_Switch sw1 other_config:requested-tnl-key=12`,
  ...[1, 2, 3].map(
    (n) =>
      `lsp-add sw0 p${n} -- lsp-set-addresses p${n} 50:54:00:00:00:0${n} -- lsp-set-port-security p${n} 50:54:00:00:00:0${n} -- lsp-set-options p${n} requested-tnl-key=10${n}`,
  ),
  `lsp-add sw1 q1 -- lsp-set-addresses q1 unknown -- lsp-set-options q1 requested-tnl-key=111`,
  `lr-add lr0 -- set Logical_Router lr0 options:requested-tnl-key=13 options:chassis=gw`,
  ...[0, 1].map(
    (n) =>
      `lrp-add lr0 lr0-sw${n} 02:00:00:00:ff:0${n} 10.0.${n}.1/24 -- set Logical_Router_Port lr0-sw${n} options:requested-tnl-key=20${n} -- lsp-add sw${n} sw${n}-lr0 -- lsp-set-type sw${n}-lr0 router -- lsp-set-addresses sw${n}-lr0 router -- lsp-set-options sw${n}-lr0 router-port=lr0-sw${n} requested-tnl-key=21${n}`,
  ),
  `acl-add sw0 to-lport 1000 ip4&&tcp.dst==22 allow-related -- acl-add sw0 to-lport 900 ip4 drop -- --log --name=web acl-add sw1 from-lport 800 tcp.dst==80 reject`,
  `pg-add pg0 p1 p2 -- acl-add pg0 from-lport 1001 ip4.src==$as0 allow`,
  `create Address_Set name=as0 addresses=10.0.0.7,10.0.0.8`,
  `lb-add lb0 10.0.0.100:80 10.0.0.11:8080,10.0.0.12:8080 -- ls-lb-add sw0 lb0 -- lr-lb-add lr0 lb0`,
  `lr-nat-add lr0 snat 172.16.0.1 10.0.0.0/24 -- lr-nat-add lr0 dnat_and_snat 172.16.0.2 10.0.0.11`,
  `lr-route-add lr0 0.0.0.0/0 10.0.1.254`,
  `qos-add sw0 to-lport 5 ip4 rate=1000`,
  `meter-add m0 drop 100 kbps 10`,
];

const second: readonly string[] = [
  `ls-add sw2 -- set Logical_Switch sw2 other_config:requested-tnl-key=14`,
  `lsp-add sw2 r1 -- lsp-set-addresses r1 50:54:00:00:01:01 -- lsp-set-options r1 requested-tnl-key=121`,
  `lsp-del p3`,
  `acl-del sw0 to-lport 900 ip4`,
  `lb-del lb0`,
  `pg-set-ports pg0 p2`,
];

describeWith(
  [
    program("/usr/bin/ovn-northd", "ovn-central"),
    program("/usr/bin/ovn-nbctl", "ovn-common"),
    program("/usr/sbin/ovsdb-server", "openvswitch-switch"),
  ],
  "OVN on our server and on the installed one",
  () => {
    let built: BuiltProgram;
    const setups: OvnSetup[] = [];

    beforeAll(async () => {
      built = await buildProgram("ovsdb-server");
      return () => built.remove();
    });
    afterEach(async () => {
      await Promise.all(setups.splice(0).map((setup) => setup.stop()));
    });

    async function live(argv: readonly string[]): Promise<{ readonly middle: string[]; readonly end: string[] }> {
      const setup = new OvnSetup(argv, schemas);
      setups.push(setup);
      await setup.startServer();
      await setup.nbctl("init");
      await setup.nbctl(fixed);
      setup.startNorthd();
      for (const words of first) await setup.nbctl(words);
      await setup.nbctl("--wait=sb sync");
      const middle = await setup.contents();
      // northd holds its lock and monitors through a death of the server, and goes on.
      await setup.killServer();
      await setup.startServer();
      expect(await setup.contents()).toEqual(middle);
      for (const words of second) await setup.nbctl(words);
      await setup.nbctl("--wait=sb sync");
      expect(await setup.sbctl("--columns=logical_port list Port_Binding r1")).toContain("r1");
      return { middle, end: await setup.contents() };
    }

    it("fills the southbound database alike", { timeout: 120_000 }, async () => {
      const ours = await live([process.execPath, built.file]);
      const real = await live(["/usr/sbin/ovsdb-server"]);
      const flows = ours.middle.filter((line) => line.startsWith("Logical_Flow ")).length;
      expect(flows).toBeGreaterThan(200);
      expect(ours.middle).toEqual(real.middle);
      expect(ours.end).toEqual(real.end);
    });
  },
);

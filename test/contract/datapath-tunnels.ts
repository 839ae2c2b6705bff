import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Datapath, Upcall } from "#datapath/datapath.js";
import { tunnelDevices } from "#datapath/devices/tunnel-device.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { geneveOptionsOf } from "#flow/geneve-options.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { ipv4, udp } from "../support/ip-frames.js";
import { type Bed, plain } from "./datapath.js";

const UFID = (n: number): string => n.toString(16).padStart(32, "0");
const ETH = "eth(dst=02:00:00:00:00:0b,src=02:00:00:00:00:0a,dl_type=0x0800)";
const IP = (protocol: number): string => `ipv4(src=10.1.0.1,dst=10.1.0.2,proto=${protocol},tos=0,ttl=64,frag=0x4000)`;
const inner = udp(ipv4, 1, 2, [53, 99]);

function fromPort(port: number): { key: FlowKey; mask: FlowKey } {
  const key = newKey();
  const mask = newKey();
  key[W.inPort] = port;
  mask[W.inPort] = 0xffffffff;
  mask[W.recircId] = 0xffffffff;
  return { key, mask };
}

/** What tunnels do, for every engine that has them. */
export function datapathTunnelContract(name: string, makeBed: () => Bed | Promise<Bed>): void {
  describe(`tunnels of a datapath (${name})`, () => {
    let bed: Bed;
    let dp: Datapath;
    let a = 0;
    let b = 0;
    let c = 0;

    const forward = (ufid: number, from: number, actions: string): void =>
      dp.putFlow({ ufid: UFID(ufid), ...fromPort(from), actions: parseDatapathActions(actions) });
    const tunnel = (type: string): number =>
      dp.addPort(tunnelDevices.get(type)!.open("", new Map([["remote_ip", "flow"]])));

    beforeEach(async () => {
      bed = await makeBed();
      dp = bed.datapath;
      [a, b, c] = ["a", "b", "c"].map((port) => bed.addPort(port)) as [number, number, number];
      await bed.settle();
    });
    afterEach(() => bed.close());

    it("take packets in and out, and what the headers said goes up, and down again, with them", async () => {
      const port = tunnel("geneve");
      const options = "options({class=0xffff,type=0x1,len=8,0x1122334455667788})";
      const header = `size=62,type=5,${ETH},${IP(17)},udp(src=0,dst=6081,csum=0x0),geneve(vni=0x7,${options})`;
      forward(1, a, `tnl_push(tnl_port(${port}),header(${header}),out_port(${b})),${b}`);
      forward(2, b, `tnl_pop(${port})`);
      const seen: Upcall[] = [];
      dp.onUpcall((batch) => {
        seen.push(...batch);
        for (const { kind, packet, key } of batch) {
          if (kind === "miss") dp.execute(packet, key, parseDatapathActions("userspace(pid=0,slow_path(0))"));
        }
      });
      await bed.settle();
      bed.put(a, plain(inner));
      await bed.settle();
      const [outer] = bed.take(b);
      expect(outer!.data.length).toBe(62 + inner.length);
      bed.put(b, outer!);
      await bed.settle();
      await bed.settle();
      const [miss, action] = seen;
      for (const upcall of [miss!, action!]) {
        expect(upcall.key[W.inPort]).toBe(port);
        expect(upcall.key[W.tunId + 1]).toBe(7);
        expect(Buffer.from(geneveOptionsOf(upcall.key, 12)).toString("hex")).toBe("ffff01021122334455667788");
        expect([...upcall.packet.data]).toEqual([...inner]);
      }
    });

    it("number their packets one after the other, whichever port these came in by", async () => {
      const port = tunnel("gre");
      const header = `size=50,type=3,${ETH},${IP(47)},gre((flags=0xb000,proto=0x6558),csum=0x0,key=0x9,seq=0x0)`;
      for (const from of [a, b]) {
        forward(from, from, `tnl_push(tnl_port(${port}),header(${header}),out_port(${c})),${c}`);
      }
      await bed.settle();
      for (let i = 0; i < 3; i++) for (const from of [a, b]) bed.put(from, plain(inner));
      await bed.settle();
      const numbers = bed.take(c).map(({ data }) => data[49]!);
      expect(numbers.sort()).toEqual([0, 1, 2, 3, 4, 5]);
    });
  });
}

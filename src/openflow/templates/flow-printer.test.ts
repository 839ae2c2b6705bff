import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFlowMod } from "../flow-text.js";
import { encodeMessage, encodeMessages } from "../messages/codec.js";
import type { FlowMod } from "../messages/flow/flow-mod.js";
import type { FlowStats } from "../messages/flow/flow-stats.js";
import { formatMessageBytes } from "../messages/print.js";
import { type Protocol, protocols } from "../protocol.js";
import { OF10, OF12, OF13, OF14, type Version } from "../version.js";
import { FlowPrinter } from "./flow-printer.js";
import { OutputBuffer } from "./output-buffer.js";

const texts = [
  "in_port=1,dl_dst=02:00:00:00:00:01,actions=output:1",
  "in_port=LOCAL,table=3,actions=IN_PORT,LOCAL,NORMAL,group:5,CONTROLLER:65",
  "dl_vlan=2,dl_src=02:00:00:00:01:01/ff:ff:00:00:00:00,actions=strip_vlan,output:2,goto_table:9",
  "vlan_tci=0x1000/0x1000,actions=push_vlan:0x8100,set_field:4100->vlan_vid,output:2",
  "dl_vlan_pcp=3,dl_vlan=0xffff,actions=drop",
  "ip,nw_dst=10.1.2.3/24,nw_src=1.2.3.4/255.0.255.0,actions=dec_ttl,mod_dl_src:02:00:00:00:02:01,output:3",
  "tcp,nw_src=10.0.0.3,tp_src=1027,tp_dst=443,tcp_flags=+syn-ack,idle_timeout=60,actions=resubmit(,4),resubmit(7,)",
  "udp,nw_src=10.0.0.4/16,tp_dst=4/0xfff0,hard_timeout=9,actions=mod_tp_dst:5,mod_nw_src:1.2.3.4",
  "reg0=0x5,reg3=7/0xff,metadata=0x5,xreg2=9,priority=32768,actions=load:0x5->NXM_NX_REG1[0..15],load:1->reg2[]",
  "ct_state=+trk+est,ip,ct_zone=5,ct_mark=7/0xf,nw_dst=10.0.0.6,actions=ct(table=7,zone=6,nat),ct(commit,zone=reg0[0..15])",
  "tun_id=0x7,tun_src=1.2.3.4,tun_dst=10.0.0.1,actions=set_field:10.0.0.7->tun_dst,set_queue:8,set_field:5->tun_id",
  "arp,arp_tpa=10.0.0.8,arp_op=2,actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:1.2.3.4->arp_spa,write_metadata:5/7",
  "ipv6,ipv6_dst=2001:db8:9::/48,ipv6_src=::1,actions=set_field:fe80::1->ipv6_src,clone(output:5),write_actions(output:4)",
  "icmp6,icmp_type=135,nd_target=fe80::1,actions=learn(table=1,NXM_OF_VLAN_TCI[0..11],output:NXM_OF_IN_PORT[]),exit",
  "pkt_mark=5,conj_id=77,sctp,sctp_dst=7,actions=conjunction(1,1/2),note:010203",
  "tun_metadata0=5,packet_type=(1,0x800),actions=drop",
];

const mods: readonly FlowMod[] = texts.map((text) => {
  return parseFlowMod(text.includes("conjunction") ? text.replace("conj_id=77,", "") : text, "add").flowMod;
});
const versions: readonly Version[] = [OF10, OF12, OF13, OF14];

function statsOf({ match, priority, table, idleTimeout, hardTimeout, actions }: FlowMod, i: number): FlowStats {
  return {
    ...{
      match,
      priority,
      table,
      idleTimeout,
      hardTimeout,
      actions,
      idleAge: i % 4 === 0 ? undefined : i,
      hardAge: i % 3 === 0 ? undefined : 77 * i,
    },
    ...{ cookie: BigInt(i) ** 9n, durationSec: i * 77, durationNsec: (i % 3) * 1_000_000 + (i % 5), flags: 0 },
    ...{ packets: BigInt(i) ** 12n, bytes: i === 3 ? 0xffffffffffffffffn : 10n ** BigInt(i), importance: 0 },
  };
}

/** OpenFlow 1.0 has flow statistics of fixed form and Nicira's. */
const nxm = (version: Version): { protocol?: Protocol } => {
  const protocol = protocols.find((p) => p.version === version && p.nxm);
  return protocol === undefined ? {} : { protocol };
};

/** What versions have of the flow mods, whole; some cannot say all. */
const messages: readonly Uint8Array[] = versions.flatMap((version) =>
  mods.flatMap((mod, i) => {
    try {
      const flows = [1, 2].map((k) => statsOf(mod, i + k));
      return [
        encodeMessage(mod, version, i),
        ...encodeMessages({ kind: "flow_stats_reply", flows }, version, i, { flags: i & 1, ...nxm(version) }),
      ];
    } catch {
      return [];
    }
  }),
);

/** What a printer makes of a message, and of it alone; undefined where it leaves it to others. */
function printed(printer: FlowPrinter, bytes: Uint8Array): string | undefined {
  const out = new OutputBuffer(1);
  const around = new Uint8Array(bytes.length + 5);
  around.set(bytes, 3);
  return printer.print(around, 3, 3 + bytes.length, out) ? out.take() : undefined;
}

describe("a printer of many flows", () => {
  it("prints most of them as everything is printed", () => {
    const printer = new FlowPrinter();
    // What comes first is not learnt.
    for (let i = 0; i < 3; i++) for (const bytes of messages) printed(printer, bytes);
    const done = messages.filter((bytes) => {
      const text = printed(printer, bytes);
      if (text !== undefined) expect(text).toBe(formatMessageBytes(bytes));
      return text !== undefined;
    });
    expect(messages.length).toBeGreaterThan(70);
    expect(done.length).toBeGreaterThan(messages.length * 0.8);
  });

  it("prints what differs from flows that it knows in any bytes as everything is printed, and hides no complaint", () => {
    const printer = new FlowPrinter();
    const change = fc.tuple(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 0, max: 255 }),
    );
    let fast = 0;
    fc.assert(
      fc.property(fc.nat({ max: messages.length - 1 }), fc.array(change, { maxLength: 4 }), (which, changes) => {
        const bytes = messages[which]!.slice();
        for (const [where, value] of changes) bytes[4 + Math.floor(where * (bytes.length - 4))] = value;
        const text = printed(printer, bytes);
        if (text === undefined) return;
        fast++;
        const complaints: string[] = [];
        expect(text).toBe(formatMessageBytes(bytes, { warn: (_module, line) => void complaints.push(line) }));
        expect(complaints).toEqual([]);
      }),
      { seed: 7, numRuns: 8000 },
    );
    expect(fast).toBeGreaterThan(2000);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFlowMod } from "../flow-text.js";
import { encodeMessage } from "../messages/codec.js";
import { type Protocol, protocols } from "../protocol.js";
import { FlowReader } from "./flow-reader.js";
import { OutputBuffer } from "./output-buffer.js";

/** Texts with `N` where a number may stand, `M` an Ethernet address, `A` an IPv4 one, `I` an IPv6 one. */
const texts = [
  "in_port=N,dl_dst=M,actions=output:N",
  "cookie=N,table=N,priority=N,in_port=LOCAL,actions=IN_PORT,output:N,group:N,CONTROLLER:N",
  "table=N,dl_vlan=N,dl_src=M/ff:ff:00:00:00:00,actions=strip_vlan,mod_dl_src:M,goto_table:N",
  "priority=N,vlan_tci=N/0x1000,actions=push_vlan:0x8100,set_field:N->vlan_vid,output:N",
  "cookie=N,table=N,ip,nw_dst=A/24,nw_src=A/255.0.255.0,actions=dec_ttl,mod_dl_dst:M,mod_nw_src:A,output:N",
  "tcp,nw_src=A,tp_src=N,tp_dst=N,idle_timeout=N,hard_timeout=N,actions=resubmit(,N),resubmit(N,)",
  "udp,nw_src=A/16,tp_dst=N/0xfff0,actions=set_field:N->udp_dst,drop",
  "udp,nw_src=A/16,tp_dst=N/0xfff0,actions=set_field:N->udp_dst",
  "reg0=N,reg3=N/0xff,metadata=N,actions=load:N->NXM_NX_REG1[0..15],load:N->reg2[0..31],set_field:N->reg4",
  "ct_state=+trk+est,ip,ct_zone=N,ct_mark=N/0xf,actions=ct(table=N,zone=N,nat),ct(commit,zone=N,exec(set_field:N->ct_mark))",
  "tun_id=N,tun_src=A,tun_dst=A,actions=set_field:A->tun_dst,set_queue:N,set_field:N->tun_id",
  "arp,arp_tpa=A,arp_op=2,actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:A->arp_spa,set_field:M->eth_src",
  "ipv6,ipv6_dst=I/48,ipv6_src=I,actions=set_field:I->ipv6_src,clone(output:N)",
  "pkt_mark=N,tp_src=N,dl_type=0x0800,actions=note:01.02.03",
  "in_port=N,in_port=N,nw_proto=6,actions=output:N",
];

/** Values that a text may have, more often than others. */
const mostly = (good: fc.Arbitrary<string>, ...others: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 30, arbitrary: good }, ...others.map((arbitrary) => ({ weight: 1, arbitrary })));

const byte = fc.nat({ max: 255 });
const limits = [4095, 4096, 65279, 65280, 65535, 65536, 0xffffffff, 0x100000000, 2 ** 48, 2 ** 53 - 1];
const numberText = mostly(
  byte.map(String),
  fc.nat({ max: 70000 }).map(String),
  fc.constantFrom(...limits).map(String),
  fc.constantFrom(...limits).map((n) => `0x${n.toString(16)}`),
  byte.map((n) => `0x${n.toString(16)}`),
  fc.bigInt({ min: 0n, max: (1n << 65n) - 1n }).map((n) => `0x${n.toString(16)}`),
  fc.constantFrom("007", "-1", "", "1.5", "0X5", "5x", "0x"),
);
const macText = mostly(
  fc.tuple(byte, byte, byte, byte, byte, byte).map((all) => all.map((b) => b.toString(16).padStart(2, "0")).join(":")),
  fc.constantFrom("1:2:3:4:5:6", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "aa:bb", "AA:0b:CC:dd:0E:ff"),
);
const ipText = mostly(
  fc.tuple(byte, byte, byte, byte).map((all) => all.join(".")),
  fc.constantFrom("255.255.255.255", "0.0.0.0", "1.2.3", "010.1.1.1", "1.2.3.256"),
);
const ip6Text = mostly(
  fc.ipV6(),
  fc.constantFrom("::", "::1", "2001:db8::1", "::1.2.3.4", "1:2:3", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
);
const values: Readonly<Record<string, fc.Arbitrary<string>>> = { N: numberText, M: macText, A: ipText, I: ip6Text };

/** A line with values in it. */
const line: fc.Arbitrary<string> = fc.constantFrom(...texts).chain((text) => {
  const parts = text.split(/(?<![A-Z_])([NMAI])(?![A-Z_])/);
  return fc.tuple(...parts.map((part) => values[part] ?? fc.constant(part))).map((all) => all.join(""));
});

interface Read {
  readonly bytes: Uint8Array;
  readonly usable: number;
}

/** What the text comes to by itself: undefined where that is an error, a complaint, or nothing in the protocol. */
function expected(text: string, protocol: Protocol): Read | undefined {
  const complaints: string[] = [];
  try {
    const { flowMod, usable } = parseFlowMod(text, "add", { warn: (_module, what) => void complaints.push(what) });
    if (complaints.length > 0 || (usable & protocol.bit) === 0) return undefined;
    return { bytes: encodeMessage(flowMod, protocol.version, 0, { protocol }), usable };
  } catch {
    return undefined;
  }
}

function read(reader: FlowReader, text: string): Read | undefined {
  const out = new OutputBuffer(1);
  const usable = reader.read(new TextEncoder().encode(`## ${text}\n`), 3, 3 + text.length, out);
  return usable === undefined ? undefined : { usable, bytes: out.bytes.slice(0, out.length) };
}

describe.each(protocols.map((p) => [p.name, p] as const))("a reader of many flows, by %s", (_name, protocol) => {
  it("reads what it has learnt as everything is read", () => {
    const reader = new FlowReader(protocol, "add");
    let known = 0;
    fc.assert(
      fc.property(line, (text) => {
        const found = read(reader, text);
        if (found === undefined) return;
        known++;
        expect(found).toEqual(expected(text, protocol));
      }),
      { seed: 5, numRuns: 1500 },
    );
    expect(known).toBeGreaterThan(100);
  });
});

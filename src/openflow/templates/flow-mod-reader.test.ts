import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shapeOf } from "#flow/shape.js";
import { parseFlowMod } from "../flow-text.js";
import { decodeMessage, encodeMessage } from "../messages/codec.js";
import type { FlowMod } from "../messages/flow/flow-mod.js";
import { OF12, OF13, OF14, OF15, type Version } from "../version.js";
import { FlowModReader, readFlowBytes } from "./flow-mod-reader.js";

const texts = [
  "in_port=1,dl_dst=02:00:00:00:00:01,actions=output:1",
  "in_port=LOCAL,table=3,actions=IN_PORT,LOCAL,NORMAL,CONTROLLER:65",
  "dl_vlan=2,dl_src=02:00:00:00:01:01/ff:ff:00:00:00:00,actions=strip_vlan,output:2,goto_table:9",
  "ip,nw_dst=10.1.2.3/24,nw_src=1.2.3.4/255.0.255.0,actions=dec_ttl,mod_dl_src:02:00:00:00:02:01,output:3",
  "tcp,nw_src=10.0.0.3,tp_src=1027,tp_dst=443,idle_timeout=60,actions=resubmit(,4)",
  "udp,nw_src=10.0.0.4/16,tp_dst=4/0xfff0,hard_timeout=9,actions=drop",
  "reg0=0x5,reg3=7/0xff,metadata=0x5,priority=32768,actions=load:0x5->NXM_NX_REG1[0..15],load:1->reg2[]",
  "ct_state=+trk+est,ip,ct_zone=5,ct_mark=7/0xf,nw_dst=10.0.0.6,actions=ct(table=7,zone=6,nat)",
  "cookie=0x123456789a,tun_id=0x7,tun_src=1.2.3.4,tun_dst=10.0.0.1,actions=set_field:10.0.0.7->tun_dst,set_queue:8",
  "arp,arp_tpa=10.0.0.8,arp_op=2,importance=7,send_flow_rem,actions=set_field:1.2.3.4->arp_spa",
  "ipv6,ipv6_dst=2001:db8:9::/48,ipv6_src=::1,actions=set_field:fe80::1->ipv6_src,output:4",
  "icmp6,icmp_type=135,nd_target=fe80::1,actions=exit",
];

const versions: readonly Version[] = [OF12, OF13, OF14, OF15];
const messages: readonly Uint8Array[] = versions.flatMap((version) =>
  texts.map((text, i) => encodeMessage(parseFlowMod(text, "add").flowMod, version, i)),
);

/** What a reader says of a message; undefined where it leaves it to others. */
function read(
  reader: FlowModReader,
  bytes: Uint8Array,
): (Partial<FlowMod> & { values: number[]; shape: string }) | undefined {
  if (!reader.read(bytes)) return undefined;
  const { shape, actions } = reader.template!;
  const values = new Int32Array(shape.words.length + 3);
  reader.gather(bytes, values, 3);
  const { table, priority, idleTimeout, hardTimeout, importance, flags, cookieHigh, cookieLow } = reader;
  const newCookie = (BigInt(cookieHigh >>> 0) << 32n) | BigInt(cookieLow >>> 0);
  const rest = { table, priority, idleTimeout, hardTimeout, importance, flags, newCookie };
  const done = actions ?? readFlowBytes(bytes.subarray(48), bytes[0] as Version).actions;
  return { ...rest, actions: done, values: [...values.subarray(3)], shape: shape.id };
}

function whole(bytes: Uint8Array): ReturnType<typeof read> {
  const complaints: string[] = [];
  const body = decodeMessage(bytes, (_module, line) => void complaints.push(line)).body as FlowMod;
  expect(complaints).toEqual([]);
  const { table, priority, idleTimeout, hardTimeout, importance, flags, newCookie, actions, match, command } = body;
  expect(command).toBe("add");
  const shape = shapeOf(match.mask);
  const values = new Int32Array(shape.words.length);
  shape.gather(match.key, values, 0);
  const rest = { table, priority, idleTimeout, hardTimeout, importance, flags, newCookie };
  return { ...rest, actions, values: [...values], shape: shape.id } as ReturnType<typeof read>;
}

describe("a reader of many additions", () => {
  it("reads most of them as everything is read", () => {
    const reader = new FlowModReader();
    // What comes first is not learnt.
    for (let i = 0; i < 3; i++) for (const bytes of messages) reader.read(bytes);
    const done = messages.filter((bytes) => {
      const flow = read(reader, bytes);
      if (flow !== undefined) expect(flow).toEqual(whole(bytes));
      return flow !== undefined;
    });
    expect(done.length).toBeGreaterThan(messages.length * 0.8);
  });

  it("reads what differs in any bytes from what it knows as everything is read, and hides no complaint", () => {
    const reader = new FlowModReader();
    const change = fc.tuple(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 0, max: 255 }),
    );
    let fast = 0;
    fc.assert(
      fc.property(fc.nat({ max: messages.length - 1 }), fc.array(change, { maxLength: 4 }), (which, changes) => {
        const bytes = messages[which]!.slice();
        for (const [where, value] of changes) bytes[4 + Math.floor(where * (bytes.length - 4))] = value;
        const flow = read(reader, bytes);
        if (flow === undefined) return;
        fast++;
        expect(flow).toEqual(whole(bytes));
      }),
      { seed: 7, numRuns: 8000 },
    );
    expect(fast).toBeGreaterThan(1500);
  });
});

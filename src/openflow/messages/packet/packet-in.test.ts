import { describe, expect, it } from "vitest";
import { hex, unhex } from "#util/hex.js";
import { decodeMessage, encodeMessages } from "../codec.js";
import { formatMessageBytes } from "../print.js";

/** What ovs-vswitchd 3.1.0 sent for `controller(pause,userdata=01.02.03)` in OpenFlow 1.3 and 1.5. */
const sent = [
  "0404010800000000000023200000001e0000003aaabbccddeeff11223344556608004500002800000000400666ce0a0000010a00000203e800500000000100000002501200641234000000000000000000030005000000000004001000000000000000000000009900050005010000000006001480000004000000010001020400000005000000000008007800000000800000145e3207bc554314cb8a7ad68a238dbbc0000000008001000a112233445566000000000000800100080000000580050010000000000000000000000099800600280000000000000010000000020000000000000000ffff001000002320000efff80100000080080008000000010007000701020300",
  "0604011000000000000023200000001e0000003aaabbccddeeff11223344556608004500002800000000400666ce0a0000010a00000203e8005000000001000000025012006412340000000000000000000300050000000000040010000000000000000000000099000500050100000000060020800000040000000180010110000000000000000500000000ffffffff0008007800000000800000145e3207bc554314cb8a7ad68a238dbbc0000000008001000a112233445566000000000000800100080000000580050010000000000000000000000099800600280000000000000010000000020000000000000000ffff001000002320000efff80100000080080008000000010007000701020300",
];

const text = `(xid=0x0): cookie=0x99 total_len=54 reg1=0x5,in_port=1 (via action) data_len=54 (unbuffered)
 userdata=01.02.03
 continuation.bridge=bc07325e-cb14-4355-8ad6-7a8ac0bb8d23
 continuation.stack=(top) 0x112233445566 0x5 (bottom)
 continuation.actions=unroll_xlate(table=0, cookie=153),output:2,resubmit(,1)
 continuation.odp_port=1
tcp,vlan_tci=0x0000,dl_src=11:22:33:44:55:66,dl_dst=aa:bb:cc:dd:ee:ff,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=syn|ack tcp_csum:1234
`;

describe("a packet whose way was left", () => {
  it.each(sent)("is read, printed and written as the switch wrote it", (bytes) => {
    const message = decodeMessage(unhex(bytes)!);
    expect(formatMessageBytes(unhex(bytes)!, { verbosity: 1 }).replace(/^.*? (?=\(xid)/, "")).toBe(text);
    expect(encodeMessages(message.body, message.version, 0).map(hex)).toEqual([bytes]);
  });

  it("goes on with what the switch gave", () => {
    const { body, version } = decodeMessage(unhex(sent[0]!)!);
    if (body.kind !== "packet_in") throw new Error(body.kind);
    const { kind: _kind, format: _format, ...packet } = body;
    const [resume] = encodeMessages({ kind: "resume", ...packet }, version, 0);
    expect(decodeMessage(resume!).body).toEqual({ kind: "resume", ...packet });
    expect(hex(resume!).slice(32)).toBe(sent[0]!.slice(32));
  });
});

describe("packets sent to a controller", () => {
  it("show names of ports and tables", () => {
    const { body } = decodeMessage(unhex(sent[0]!)!);
    if (body.kind !== "packet_in") throw new Error(body.kind);
    const [bytes] = encodeMessages({ ...body, table: 1 }, 4, 0);
    const named = formatMessageBytes(bytes!, {
      portName: (p) => `p${p}`,
      tableName: (t) => (t < 2 ? `t${t}` : undefined),
    });
    expect(named).toMatch(/: table_id=t1 cookie=0x99 total_len=54 reg1=0x5,in_port=p1 \(/);
    expect(named).toMatch(/actions=unroll_xlate\(table=t0, cookie=153\),output:p2,resubmit\(,t1\)\n/);
  });

  const print = (bytes: string, verbosity = 0): string =>
    formatMessageBytes(unhex(bytes.replaceAll(" ", ""))!, { verbosity });

  // The texts are those of ovs-ofctl 3.1.0.
  it.each([
    [
      "010a001500000001 ffffffff 0003 0001 00 00 616263",
      "total_len=3 in_port=1 (via no_match) data_len=3 (unbuffered)",
    ],
    [
      "010a001500000001 00000114 0005 fffe 02 07 616263",
      "total_len=5 in_port=LOCAL (via invalid_ttl) data_len=3 buffer=0x00000114",
    ],
    [
      "010a001500000001 ffffffff 0005 fffe 63 07 616263",
      "total_len=5 in_port=LOCAL (via 99) data_len=3 (unbuffered) (***total_len != data_len***)",
    ],
    [
      "010a001500000001 00000114 0002 fffd 03 07 616263",
      "total_len=2 in_port=CONTROLLER (via action_set) data_len=3 buffer=0x00000114 (***total_len < data_len***)",
    ],
  ])("%s", (bytes, expected) => {
    expect(print(bytes)).toBe(`OFPT_PACKET_IN (xid=0x1): ${expected}\n`);
  });

  it("are dumped where much is asked for", () => {
    expect(print("010a001b00000001 ffffffff 0009 0001 00 00 000102030405060708", 3)).toBe(
      "OFPT_PACKET_IN (xid=0x1): total_len=9 in_port=1 (via no_match) data_len=9 (unbuffered)\n" +
        "vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,dl_type=0x0000\n" +
        "00000000  00 01 02 03 04 05 06 07-08\n",
    );
  });
});

import { describe, expect, it } from "vitest";
import { meterTexts, newestOf, tlvMap, withoutTitle } from "./save-flows.js";

describe("what ovs-save takes from ovs-ofctl", () => {
  it("speaks the newest protocol of a bridge", () => {
    expect(newestOf('["OpenFlow13", "OpenFlow10"]')).toBe("OpenFlow13");
    expect(newestOf("[]\n")).toBe("OpenFlow15");
  });

  it("keeps flows, not the titles of replies", () => {
    const text =
      "OFPST_FLOW reply (OF1.5) (xid=0x2):\n table=1, ip actions=drop\nNXST_FLOW reply (xid=0x4):\n actions=NORMAL\n";
    expect(withoutTitle(text)).toBe(" table=1, ip actions=drop\n actions=NORMAL\n");
    expect(withoutTitle("OFPST_GROUP_DESC reply (OF1.5) (xid=0x2):\n")).toBe("");
  });

  it("reads TLV maps", () => {
    const text = `NXT_TLV_TABLE_REPLY (xid=0x4):
 max option space=256 max fields=64
 allocated option space=12

 mapping table:
  class  type  length  match field
 ------  ----  ------  --------------
 0xffff     0       4  tun_metadata0
 0xffff   0x1       8  tun_metadata1
`;
    expect(tlvMap(text)).toBe(
      "{class=0xffff,type=0,len=4}->tun_metadata0,{class=0xffff,type=0x1,len=8}->tun_metadata1",
    );
  });

  it("reads meters", () => {
    const text = `OFPST_METER_CONFIG reply (OF1.3) (xid=0x2):
meter=1 kbps burst stats bands=
type=drop rate=100 burst_size=10

meter=2 pktps bands=
type=drop rate=5
type=dscp_remark rate=3 prec_level=1
`;
    expect(meterTexts(text)).toEqual([
      "meter=1,kbps,burst,stats,bands=type=drop,rate=100,burst_size=10",
      "meter=2,pktps,bands=type=drop,rate=5,type=dscp_remark,rate=3,prec_level=1",
    ]);
    expect(meterTexts("OFPST_METER_CONFIG reply (OF1.5) (xid=0x2):\n")).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { formatProtocols } from "../../protocol.js";
import { OF10, OF15, type Version } from "../../version.js";
import { encodeMessage } from "../codec.js";
import { formatMessageBytes } from "../print.js";
import { parsePacketOut } from "./packet-out-parse.js";

const ethernet = "0102030405060708090a0b0c0800";

function printed(text: string, version: Version): string {
  const { packetOut } = parsePacketOut(text, { portNumber: (name) => (name === "p1" ? 1 : undefined) });
  return formatMessageBytes(encodeMessage(packetOut, version, 1)).replace(/^OFPT_PACKET_OUT .*?: |\n$/g, "");
}

// What ovs-ofctl 3.1.0 sends and says.
describe("packet-out as text", () => {
  it.each([
    [`in_port=1,packet=${ethernet},actions=output:1`, "in_port=1 actions=output:1 data_len=14"],
    [`packet=${ethernet},reg0=5/7 actions=drop`, "reg0=0x5/0x7,in_port=CONTROLLER actions=drop data_len=14"],
    [`in_port=p1 packet=${ethernet}00`, "in_port=1 actions=drop data_len=15"],
    [`in_port=NONE,packet=${ethernet},action`, "in_port=ANY actions=drop data_len=14"],
    [
      `in_port=1,in_port_oxm=2,packet=${ethernet},actions=meter:1,output:2`,
      "in_port=2 actions=meter:1,output:2 data_len=14",
    ],
    [`tunnel_id=5,packet=${ethernet},actions=TABLE`, "tun_id=0x5,in_port=CONTROLLER actions=TABLE data_len=14"],
  ])("%s", (text, expected) => {
    expect(printed(text, OF15)).toBe(expected);
  });

  it("drops metadata other than the port before OpenFlow 1.5", () => {
    expect(printed(`in_port=1,reg0=5,packet=${ethernet}`, OF10)).toBe("in_port=1 actions=drop data_len=14");
  });

  it("says which protocols have its actions", () => {
    const usable = (actions: string): string =>
      formatProtocols(parsePacketOut(`packet=${ethernet},actions=${actions}`).usable);
    expect(usable("output:1")).toBe("any");
    expect(usable("push_vlan:0x8100")).toBe("OXM,OpenFlow11");
    expect(usable("meter:1")).toBe("OXM-OpenFlow15");
  });

  it.each([
    ["actions=foo", "must specify packet"],
    ["packet=0102", "packet: Packet data too short for Ethernet"],
    [`packet=${ethernet}0`, "packet: Trailing garbage in packet data"],
    ["packet", "field packet missing value"],
    [`in_port=foo,packet=${ethernet}`, "foo is not a valid OpenFlow port"],
    [`ip_src=1.2.3.4,packet=${ethernet}`, "ip_src is not a valid pipeline field for PACKET_OUT"],
    [`skb_priority=5,packet=${ethernet}`, "skb_priority is not a valid pipeline field for PACKET_OUT"],
    [`reg0[0..3]=5,packet=${ethernet}`, "unknown keyword reg0[0..3]"],
    [`tcp,packet=${ethernet}`, "field tcp missing value"],
    [`table=3,packet=${ethernet}`, "unknown keyword table"],
    [`packet=${ethernet},actions=goto_table:1`, "goto_table instruction not allowed here"],
  ])("%s is refused", (text, message) => {
    expect(() => parsePacketOut(text)).toThrow(message);
  });
});

import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { formatDatapathActions } from "./action-text.js";
import { formatFlowStats, formatUfid } from "./flow-text.js";

describe("datapath actions as text", () => {
  it("are written as ovs-dpctl does", () => {
    expect(formatDatapathActions([])).toBe("drop");
    const names = { portName: (port: number) => (port === 1 ? "p1" : undefined) };
    expect(
      formatDatapathActions(
        [
          { kind: "push_vlan", tpid: 0x88a8, vid: 100, pcp: 2 },
          { kind: "output", port: 1 },
          { kind: "pop_vlan" },
          { kind: "push_vlan", tpid: 0x8100, vid: 0, pcp: 0 },
          { kind: "clone", actions: [{ kind: "output", port: 2 }] },
          { kind: "recirc", id: 26 },
        ],
        names,
      ),
    ).toBe("push_vlan(tpid=0x88a8,vid=100,pcp=2),p1,pop_vlan,push_vlan(vid=0,pcp=0),clone(2),recirc(0x1a)");
  });

  it("name the headers that are set", () => {
    const value = newKey();
    const mask = newKey();
    value[W.eth + 1] = 7 << 16;
    mask[W.eth] = 0xffffffff;
    mask[W.eth + 1] = 0xffff0000;
    expect(formatDatapathActions([{ kind: "set", value, mask }])).toBe("set(eth(dst=00:00:00:00:00:07))");
  });

  it("tell why a packet goes to a controller", () => {
    const cookie = {
      kind: "controller",
      recircId: 1,
      reason: 1,
      ruleCookie: 0n,
      controllerId: 0,
      maxLength: 65535,
      dontSend: true,
      continuation: false,
    } as const;
    expect(formatDatapathActions([{ kind: "userspace", pid: 0, cookie }])).toBe(
      "userspace(pid=0,controller(reason=1,dont_send=1,continuation=0,recirc_id=1,rule_cookie=0,controller_id=0,max_len=65535))",
    );
  });
});

describe("flow statistics as text", () => {
  it("say when and with which flags", () => {
    expect(formatFlowStats({ packets: 0, bytes: 0, used: 0, tcpFlags: 0 }, 5)).toBe("packets:0, bytes:0, used:never");
    expect(formatFlowStats({ packets: 2, bytes: 172, used: 300, tcpFlags: 0x11 }, 1000)).toBe(
      "packets:2, bytes:172, used:0.700s, flags:F.",
    );
  });

  it("write a flow's name as a UUID", () => {
    expect(formatUfid("9b059b42e05947eb83187ba571177dc8")).toBe("9b059b42-e059-47eb-8318-7ba571177dc8");
  });
});

import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { CtState, W } from "#flow/layout.js";
import { parseCtStates, resumed } from "./trace-conntrack.js";

describe("--ct-next", () => {
  it("takes the states that a packet may have", () => {
    expect(parseCtStates("")).toBe(0);
    expect(parseCtStates("trk,est")).toBe(CtState.trk | CtState.est);
    expect(parseCtStates("trk,dnat,snat")).toBe(CtState.trk | CtState.dnat | CtState.snat);
  });

  it("refuses others in the installed switch's words", () => {
    const unset = 'If "trk" is unset, no other flags are set';
    const both = '"new" and "est" are mutually exclusive';
    expect(() => parseCtStates("foo")).toThrow("foo: unknown connection tracking state flag");
    expect(() => parseCtStates("trk|est")).toThrow("trk|est: unknown connection tracking state flag");
    expect(() => parseCtStates("dnat")).toThrow(`dnat: invalid connection state: ${unset}`);
    expect(() => parseCtStates("new,est")).toThrow(
      `new|est: invalid connection state: ${unset}\nnew|est: invalid connection state: ${both}`,
    );
    expect(() => parseCtStates("trk,new,inv")).toThrow('when "inv" is set, only "trk" may also be set');
    expect(() => parseCtStates("trk,new,rpl")).toThrow('"new" and "rpy" are mutually exclusive');
  });
});

it("a packet comes back with what its connection has, translated by the first of a range", () => {
  const flow = newKey();
  flow[W.ethType] = 0x0800;
  flow[W.tp] = (1 << 16) | 2;
  const nat = {
    side: "src",
    persistent: false,
    method: "",
    addresses: { first: Uint8Array.of(10, 1, 1, 1), last: Uint8Array.of(10, 1, 1, 5) },
    ports: { first: 100, last: 200 },
  } as const;
  const { title, key } = resumed({ id: 0x1f, flow, zone: 5, nat }, undefined);
  expect(title.split("\n")).toEqual([
    "recirc(0x1f) - resume conntrack with default ct_state=trk|new (use --ct-next to customize)",
    "Replacing src/dst IP/ports to simulate NAT:",
    " Initial flow: nw_src=0.0.0.0,tp_src=1,nw_dst=0.0.0.0,tp_dst=2",
    " Modified flow: nw_src=10.1.1.1,tp_src=100,nw_dst=0.0.0.0,tp_dst=2",
  ]);
  expect([key[W.recircId], key[W.ctState], key[W.ctZone], key[W.nwSrc]]).toEqual([0x1f, 0x21, 5, 0x0a010101]);
  expect(flow[W.nwSrc], "the one that left is as it was").toBe(0);
});

import { expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { compileActions } from "./compile.js";
import { readsKey } from "./reads-key.js";

it("a program reads its packet's key unless it only sends, sets and cuts", () => {
  const key = newKey();
  key[W.ethType] = 0x0800;
  const reads = (text: string): boolean => readsKey(compileActions(parseDatapathActions(text), key));
  expect(["1,2", "set(ipv4(ttl=1)),1", "set(skb_mark(3)),1", "trunc(100),1", "drop", ""].map(reads)).toEqual(
    Array(6).fill(false),
  );
  const others = [
    "1,recirc(3)",
    "userspace(pid=0,slow_path(cfm))",
    "meter(1),1",
    "clone(1),2",
    "ct,1",
    "push_vlan(vid=1,pcp=0),1",
  ];
  expect(others.map(reads)).toEqual(others.map(() => true));
});

import { describe, expect, it } from "vitest";
import { isInActionSet, resolveActionSet } from "./action-set.js";
import { parseActions } from "./parse.js";
import { formatActions } from "./table.js";

describe("an action set", () => {
  // ovs-actions(7), "Action Sets".
  it.each([
    [
      "output:1,output:2,set_field:1->reg0,strip_vlan,push_vlan:0x8100",
      "strip_vlan,push_vlan:0x8100,set_field:0x1->reg0,output:2",
    ],
    ["group:1,output:2", "group:1"],
    ["resubmit(,3),output:2,set_queue:4,set_queue:5", "set_queue:4,set_queue:5,output:2"],
    ["ct_clear,resubmit(,3)", "resubmit(,3)"],
    ["mod_nw_ttl:3,dec_ttl,mod_nw_ttl:4,controller", "dec_ttl,mod_nw_ttl:3,mod_nw_ttl:4,CONTROLLER:65535"],
    ["push_mpls:0x8847,push_mpls:0x8848,output:1", "push_mpls:0x8848,output:1"],
    ["set_field:1->reg0", "drop"],
  ])("of %s does %s", (added, done) => {
    expect(formatActions(resolveActionSet(parseActions(added)))).toBe(done);
  });

  it("may not have every action", () => {
    const may = (text: string): boolean => parseActions(text).every(isInActionSet);
    expect(may("output:1,set_queue:3,ct,encap(nsh),load:1->reg0[],set_mpls_ttl(3)")).toBe(true);
    for (const text of ["note:11", "learn()", "push:reg0[]", "enqueue:1:2", "exit", "output:reg0[]", "clone(1)"]) {
      expect(may(text)).toBe(false);
    }
  });
});

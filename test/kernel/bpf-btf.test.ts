import { expect, it } from "vitest";
import { helper, helperName } from "#bpf/helpers.js";
import { mapType } from "#bpf/map-spec.js";
import { attachType, programType } from "#bpf/program-spec.js";
import { kernelBtf } from "#host/linux/bpf/kernel-btf.js";
import { describeWith, root } from "../support/needs.js";

/** `lruHash` → `LRU_HASH`. */
const capitals = (name: string): string => name.replace(/[A-Z]/g, "_$&").toUpperCase();

function numbers(enumeration: string): Map<string, number> {
  const values = kernelBtf().enumerators(enumeration) ?? [];
  return new Map(values.map(({ name, value }) => [name, Number(value)]));
}

describeWith([root], "the running kernel's BTF", () => {
  it("has the numbers that we write", () => {
    const helpers = numbers("bpf_func_id");
    const [maps, programs, attach] = [numbers("bpf_map_type"), numbers("bpf_prog_type"), numbers("bpf_attach_type")];
    for (const id of Object.values(helper)) {
      expect([id, helpers.get(helperName(id)!.replace("bpf_", "BPF_FUNC_"))]).toEqual([id, id]);
    }
    for (const [name, id] of Object.entries(mapType)) {
      expect([name, maps.get(`BPF_MAP_TYPE_${capitals(name)}`)]).toEqual([name, id]);
    }
    for (const [name, id] of Object.entries(programType)) {
      expect([name, programs.get(`BPF_PROG_TYPE_${capitals(name)}`)]).toEqual([name, id]);
    }
    expect([attach.get("BPF_XDP"), attach.get("BPF_TCX_INGRESS"), attach.get("BPF_TCX_EGRESS")]).toEqual([
      attachType.xdp,
      attachType.tcxIngress,
      attachType.tcxEgress,
    ]);
  });

  it("is read whole, and members lie within their structures", () => {
    const btf = kernelBtf();
    let members = 0;
    for (let id = 1; id < btf.size; id += 7) {
      const type = btf.type(id);
      if (type.kind !== "struct") continue;
      for (const member of type.members) {
        const size = member.bits > 0 ? 0 : (btf.sizeOf(member.type) ?? 0);
        expect(member.bitOffset / 8 + size, `${type.name}.${member.name}`).toBeLessThanOrEqual(type.size);
        members++;
      }
    }
    expect(members).toBeGreaterThan(500);
  });

  it("tells what functions want", () => {
    const btf = kernelBtf();
    const prototype = btf.prototype("bpf_dynptr_from_skb")!;
    expect(prototype.parameters.map(({ name }) => name.replace(/__\w+$/, ""))).toEqual(["s", "flags", "ptr"]);
    expect(btf.resolve(prototype.returns)).toMatchObject({ kind: "int", size: 4 });
    expect(btf.resolve(btf.find("typedef", "u64")!)).toMatchObject({ kind: "int", size: 8, isSigned: false });
  });
});

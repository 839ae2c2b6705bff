import { expect, it } from "vitest";
import { bpfFeatures } from "#host/linux/bpf/features.js";
import { probeFeatures } from "#host/linux/bpf/probes.js";
import { describeWith, root } from "../support/needs.js";

describeWith([root], "probes of BPF features", () => {
  it("answer all, and with reasons", () => {
    const answers = probeFeatures();
    expect([...answers.keys()]).toEqual(Object.keys(bpfFeatures));
    for (const [name, { reason }] of answers) expect(reason, name).not.toBe("");
    const bpf = answers.get("bpf")!;
    expect(bpf.works, bpf.reason).toBe(true);
  });
});

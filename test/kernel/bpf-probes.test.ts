import { afterEach, expect, it, vi } from "vitest";
import { bpfFeatures } from "#host/linux/bpf/features.js";
import { describeWith, root } from "../support/needs.js";

describeWith([root], "probes of BPF features", () => {
  afterEach(() => {
    delete process.env["WEFT_WITHOUT"];
  });

  /** As a process sees them that has asked for nothing yet. */
  async function freshAnswers(
    without: string,
  ): Promise<Record<string, { works: boolean | undefined; reason: string }>> {
    vi.resetModules();
    process.env["WEFT_WITHOUT"] = without;
    const { probeFeatures } = await import("#host/linux/bpf/probes.js");
    return Object.fromEntries(probeFeatures());
  }

  it("answer all, and with reasons", async () => {
    const answers = await freshAnswers("");
    expect(Object.keys(answers)).toEqual(Object.keys(bpfFeatures));
    for (const [name, { reason }] of Object.entries(answers)) expect(reason, name).not.toBe("");
    const bpf = answers["bpf"]!;
    expect(bpf.works, bpf.reason).toBe(true);
  });

  it("say no, or that it cannot be told, where that is ordered", async () => {
    const answers = await freshAnswers("lru,pins?");
    expect(answers["lru"]).toEqual({ works: false, reason: "taken away by WEFT_WITHOUT" });
    expect(answers["pins"]).toEqual({ works: undefined, reason: "WEFT_WITHOUT says that it cannot be told" });
  });

  it("find nothing that stands on what is taken away", async () => {
    const { kfuncs, skb_dynptr, dynptr, jiffies } = await freshAnswers("btf");
    for (const answer of [kfuncs, skb_dynptr, dynptr]) expect(answer!.works).toBe(false);
    expect(jiffies!.works).toBe(true);
    const answers = await freshAnswers("bpf");
    const programs = ["tcx", "clsact", "tail_calls", "atomics", "links", "test_run", "redirect_peer", "xdp"];
    for (const name of programs) expect(answers[name]!.works, name).toBe(false);
    expect([answers["nft"]!.works, answers["ringbuf"]!.works]).toEqual([true, true]);
  });
});

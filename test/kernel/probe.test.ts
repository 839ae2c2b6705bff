import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { probes } from "#host/linux/probe.js";
import { describeWith, root, tun } from "../support/needs.js";

describeWith([root, tun], "probes of the host", () => {
  it("answer for the running kernel, with a reason each", () => {
    const answers = Object.fromEntries(probes.map((probe) => [probe.name, probe.run()]));
    for (const [name, answer] of Object.entries(answers)) expect(answer.reason, name).not.toBe("");
    expect(answers).toMatchObject({
      kernel: { works: true },
      net_admin: { works: true },
      tun: { works: true },
      packet_socket: { works: true },
      hide: { works: true },
    });
  });

  it("leave nothing behind", () => {
    const links = (): string => spawnSync("ip", ["-o", "link"], { encoding: "utf8" }).stdout.replace(/\d+: /g, "");
    const before = links().includes("probe");
    for (const probe of probes) probe.run();
    expect(links().includes("probe")).toBe(before);
  });
});

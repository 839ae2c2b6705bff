import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { askHost } from "#host/linux/probe.js";
import { describeWith, root, tun } from "../support/needs.js";

describeWith([root, tun], "probes of the host", () => {
  it("answer for the running kernel, with a reason each", () => {
    const { checks } = askHost();
    for (const [name, { reason }] of checks) expect(reason, name).not.toBe("");
    const works = Object.fromEntries([...checks].map(([name, answer]) => [name, answer.works]));
    expect(works).toMatchObject({
      kernel: true,
      net_admin: true,
      tun: true,
      veth: true,
      packet_socket: true,
      hide: true,
    });
  });

  it("leave nothing behind", () => {
    askHost();
    const state = (): number => readdirSync("/proc/self/fd").length;
    const before = state();
    askHost();
    expect(state()).toBe(before);
  });
});

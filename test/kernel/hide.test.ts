import { afterEach, beforeEach, expect, it } from "vitest";
import { hideLink } from "#host/linux/hide.js";
import { inNamespace } from "#host/linux/namespaces.js";
import { type TestNamespace, testNamespace } from "../support/namespace.js";
import { describeWith, root } from "../support/needs.js";

describeWith([root], "hiding a link from the host's stack", () => {
  let host: TestNamespace;
  let guest: TestNamespace;
  beforeEach(() => {
    host = testNamespace();
    guest = testNamespace();
    host.net.createVeth("wlh0", "eth0", guest.fd);
    host.net.setUp("wlh0", true);
    guest.net.setUp("eth0", true);
    host.ip("addr add 10.9.0.1/24 dev wlh0");
    guest.ip("addr add 10.9.0.2/24 dev eth0");
  });
  afterEach(() => {
    guest.close();
    host.close();
  });

  const answers = (): boolean => guest.run("ping", "-c", "1", "-W", "0.2", "10.9.0.1").status === 0;

  for (const way of ["tcx", "clsact", "nft"] as const) {
    it(`works by ${way}, until released`, () => {
      expect(answers()).toBe(true);
      const { ifindex } = host.net.link("wlh0")!;
      const hiding = inNamespace(host, () => hideLink("wlh0", ifindex, [way]));
      expect(hiding.hidden).toEqual({ by: way });
      expect(answers()).toBe(false);
      inNamespace(host, () => hiding.release());
      expect(answers()).toBe(true);
      const again = inNamespace(host, () => hideLink("wlh0", ifindex, [way]));
      expect(again.hidden).toEqual({ by: way });
      host.net.deleteLink("wlh0");
      inNamespace(host, () => again.release());
    });
  }

  it("says why where nothing works", () => {
    const { hidden } = inNamespace(host, () => hideLink("wlnone", 4711, ["tcx", "clsact"]));
    expect(hidden).toEqual({ by: "none", reason: expect.stringMatching(/^tcx: .*; clsact: .*No such device/) });
  });
});

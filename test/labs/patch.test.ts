import { afterAll, beforeAll, expect, it } from "vitest";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { reaches, WeftHost } from "../support/weft-host.js";

describeWith([root, program("/usr/bin/ping", "iputils-ping")], "two bridges joined by patch ports", () => {
  let host: WeftHost;
  let left: TestNamespace;
  let right: TestNamespace;
  const patch = (bridge: string, port: string, peer: string): string[] =>
    `-- add-port ${bridge} ${port} -- set interface ${port} type=patch options:peer=${peer}`.split(" ");

  beforeAll(() => {
    host = new WeftHost();
    host.start();
    left = host.guest("left", "10.3.0.1/24");
    right = host.guest("right", "10.3.0.2/24");
    host.vsctl(
      "add-br",
      "brl",
      "--",
      "add-port",
      "brl",
      "left",
      "--",
      "add-br",
      "brr",
      "--",
      "add-port",
      "brr",
      "right",
    );
  });
  afterAll(() => host?.close());

  it("are apart before", () => {
    expect(reaches(left, "10.3.0.2")).toBe(false);
  });

  it("say what is missing while only one end exists", () => {
    host.run("ovs-vsctl", "--timeout=20", ...patch("brl", "to-right", "to-left"));
    expect(host.vsctl("get", "interface", "to-right", "error")).toContain(
      "No usable peer 'to-left' exists in 'system' datapath.",
    );
  });

  it("pass frames once both ends exist", () => {
    host.vsctl(...patch("brr", "to-left", "to-right"));
    expect(host.vsctl("get", "interface", "to-right", "error").trim()).toBe("[]");
    expect(reaches(left, "10.3.0.2")).toBe(true);
    expect(reaches(right, "10.3.0.1")).toBe(true);
  });

  it("need no datapath port, and count what passed", () => {
    expect(host.appctl("dpif/show")).toMatch(/to-right \d+\/none: \(patch: peer=to-left\)/);
    expect(host.appctl("dpctl/show")).not.toContain("to-right");
    const flows = host.appctl("bridge/dump-flows", "brr");
    expect(flows).toMatch(/n_packets=[1-9]/);
  });

  it("are apart again when one end goes", () => {
    host.vsctl("del-port", "brr", "to-left");
    expect(reaches(left, "10.3.0.2")).toBe(false);
  });
});

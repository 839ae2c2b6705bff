import { afterEach, beforeEach, expect, it } from "vitest";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { reaches, WeftHost, waitFor } from "../support/weft-host.js";

describeWith([root, program("/usr/bin/ping", "iputils-ping")], "daemons that are killed", () => {
  let host: WeftHost;
  let a: TestNamespace;
  const ports = ["p1", "p2", "p3"];
  const numbers = (): string[] => ports.map((p) => host.vsctl("get", "interface", p, "ofport").trim());

  beforeEach(() => {
    host = new WeftHost();
    host.start();
    a = host.guest("p1", "10.4.0.1/24");
    host.guest("p2", "10.4.0.2/24");
    host.guest("p3", "10.4.0.3/24");
    host.vsctl("add-br", "br0");
    // In another order than that of the names, so that equal numbers afterwards are no accident.
    for (const port of ["p3", "p1", "p2"]) host.vsctl("add-port", "br0", port, "tag=5");
  });
  afterEach(() => host?.close());

  it("leave a switch that forwards again with the same ports and numbers", () => {
    const before = numbers();
    expect(reaches(a, "10.4.0.2")).toBe(true);
    host.kill("ovs-vswitchd");
    host.startSwitch();
    // Ready means forwarding: not one more frame is lost.
    expect(a.run("ping", "-c", "1", "-W", "1", "10.4.0.2").status).toBe(0);
    expect(numbers()).toEqual(before);
    expect(reaches(a, "10.4.0.2")).toBe(true);
  });

  it("leave the switch forwarding while the database is away, and following it when it is back", () => {
    expect(reaches(a, "10.4.0.2")).toBe(true);
    host.kill("ovsdb-server");
    expect(reaches(a, "10.4.0.2")).toBe(true);
    host.startDatabase();
    host.vsctl("set", "port", "p2", "tag=6");
    expect(reaches(a, "10.4.0.2")).toBe(false);
    expect(host.vsctl("list-ports", "br0").trim().split("\n")).toEqual(ports);
  });

  it("are started again by their monitor", () => {
    host.kill("ovs-vswitchd");
    host.startSwitch("--monitor");
    const first = host.pid("ovs-vswitchd");
    process.kill(first, "SIGSEGV");
    waitFor(() => {
      try {
        return host.pid("ovs-vswitchd") !== first && host.run("ovs-appctl", "version").status === 0;
      } catch {
        return false;
      }
    }, "the monitor to start another");
    expect(reaches(a, "10.4.0.2")).toBe(true);
  });
});

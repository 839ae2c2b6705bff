import { afterAll, beforeAll, expect, it } from "vitest";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { reaches, WeftHost } from "../support/weft-host.js";

const ping = program("/usr/bin/ping", "iputils-ping");
const tcpdump = program("/usr/bin/tcpdump", "tcpdump");

describeWith([root, ping, tcpdump], "VLANs across two hosts", () => {
  let one: WeftHost;
  let two: WeftHost;
  const guests: TestNamespace[] = [];

  beforeAll(() => {
    one = new WeftHost();
    two = new WeftHost();
    // The data network: one wire between the hosts.
    one.namespace.net.createVeth("wire0", "wire0", two.namespace.fd);
    for (const host of [one, two]) {
      host.namespace.net.setUp("wire0", true);
      host.start();
      host.vsctl("add-br", "br0", "--", "add-port", "br0", "wire0");
    }
    guests.push(one.guest("vm1", "10.0.0.1/24"), one.guest("vm2", "10.0.0.2/24"));
    guests.push(two.guest("vm3", "10.0.0.3/24"), two.guest("vm4", "10.0.0.4/24"));
    one.vsctl("add-port", "br0", "vm1", "tag=1");
    one.vsctl("add-port", "br0", "vm2", "tag=2");
    two.vsctl("add-port", "br0", "vm3", "tag=1");
    two.vsctl("add-port", "br0", "vm4", "tag=2");
  });
  afterAll(() => {
    one?.close();
    two?.close();
  });

  it("joins guests of one VLAN, on the same and on the other host", () => {
    expect(reaches(guests[0]!, "10.0.0.3")).toBe(true);
    expect(reaches(guests[1]!, "10.0.0.4")).toBe(true);
  });

  it("keeps guests of different VLANs apart", () => {
    expect(reaches(guests[0]!, "10.0.0.2")).toBe(false);
    expect(reaches(guests[0]!, "10.0.0.4")).toBe(false);
    expect(reaches(guests[1]!, "10.0.0.3")).toBe(false);
  });

  it("carries tags on the wire between", () => {
    const capture = two.background("tcpdump", "-lnei", "wire0", "-c", "3", "vlan and icmp");
    let seen = "";
    capture.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    return new Promise<void>((resolve, reject) => {
      capture.stderr?.on("data", (chunk: Buffer) => {
        // It says so when the capture has begun.
        if (chunk.toString().includes("listening on")) expect(reaches(guests[0]!, "10.0.0.3")).toBe(true);
      });
      capture.once("exit", () => {
        try {
          expect(seen.split("\n").filter((l) => l !== "").length).toBe(3);
          expect(seen).toMatch(/vlan 1,.*10\.0\.0\.1 > 10\.0\.0\.3: ICMP echo request/);
          expect(seen).not.toMatch(/vlan 2,/);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  });

  it("shows in the address table which VLAN an address is in", () => {
    const rows = one.appctl("fdb/show", "br0").trim().split("\n").slice(1);
    const vlans = new Set(rows.map((row) => Number(row.trim().split(/\s+/)[1])));
    expect([...vlans].sort()).toEqual(expect.arrayContaining([1, 2]));
  });

  it("moves a guest to the other VLAN at once", () => {
    one.vsctl("set", "port", "vm1", "tag=2");
    expect(reaches(guests[0]!, "10.0.0.3")).toBe(false);
    expect(reaches(guests[0]!, "10.0.0.4")).toBe(true);
    one.vsctl("set", "port", "vm1", "tag=1");
    expect(reaches(guests[0]!, "10.0.0.3")).toBe(true);
  });
});

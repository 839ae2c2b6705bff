import { afterAll, beforeAll, expect, it } from "vitest";
import { describeEngines } from "../support/engines.js";
import type { TestNamespace } from "../support/namespace.js";
import { program, root } from "../support/needs.js";
import { reaches, WeftHost, waitFor } from "../support/weft-host.js";

const ping = program("/usr/bin/ping", "iputils-ping");

describeEngines([root, ping], "a bridge and the host", (choose) => {
  let host: WeftHost;
  let guest: TestNamespace;

  beforeAll(() => {
    host = new WeftHost();
    host.start();
    choose(host);
  });
  afterAll(() => host?.close());

  it("gives the known picture", () => {
    host.vsctl("add-br", "mybridge");
    const [uuid, ...lines] = host.vsctl("show").trimEnd().split("\n");
    expect(uuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(lines).toEqual([
      "    Bridge mybridge",
      "        Port mybridge",
      "            Interface mybridge",
      "                type: internal",
      '    ovs_version: "4.0.0"',
    ]);
  });

  it("has a device that the host gives an address to, and a guest reaches it", () => {
    // As with upstream, the device is there and down; who wants to use it brings it up.
    expect(host.namespace.net.link("mybridge")!.flags & 1).toBe(0);
    host.namespace.ip("addr add 10.1.0.254/24 dev mybridge");
    host.namespace.ip("link set mybridge up");
    guest = host.guest("tap1", "10.1.0.1/24");
    host.vsctl("add-port", "mybridge", "tap1");
    expect(reaches(guest, "10.1.0.254")).toBe(true);
    expect(host.run("/usr/bin/ping", "-c", "2", "-i", "0.1", "-W", "1", "10.1.0.1").status).toBe(0);
  });

  it("keeps what the guest sends from the host's own stack on the captured end", () => {
    host.namespace.ip("addr add 10.2.0.254/24 dev tap1");
    guest.ip("addr add 10.2.0.1/24 dev eth0");
    expect(reaches(guest, "10.2.0.254")).toBe(false);
  });

  it("counts what passed, in the database and for the rule", () => {
    const rx = (): number => Number(host.vsctl("get", "interface", "tap1", "statistics:rx_packets"));
    waitFor(() => rx() > 0, "statistics in the database");
    expect(host.appctl("bridge/dump-flows", "mybridge")).toMatch(/n_packets=[1-9]\d*, .*priority=0,actions=NORMAL/);
  });

  it("writes what is known of an interface", () => {
    const row = host.vsctl("--columns=ofport,admin_state,link_state,error,status", "list", "interface", "tap1");
    expect(row).toMatch(/ofport +: 1\n/);
    expect(row).toMatch(/admin_state +: up\n/);
    expect(row).toMatch(/link_state +: up\n/);
    expect(row).toMatch(/error +: \[\]\n/);
    expect(row).toContain("driver_name=veth");
  });

  it("says of a missing interface that it is missing, and takes it when it comes", () => {
    const added = host.run("ovs-vsctl", "--timeout=20", "add-port", "mybridge", "late1");
    expect(added.status).toBe(0);
    expect(added.stderr).toContain("could not open network device late1 (No such device)");
    expect(host.vsctl("get", "interface", "late1", "ofport").trim()).toBe("-1");
    const late = host.guest("late1", "10.1.0.2/24");
    waitFor(() => host.vsctl("get", "interface", "late1", "ofport").trim() === "2", "the interface to be a port");
    expect(reaches(late, "10.1.0.254")).toBe(true);
    host.namespace.ip("link del late1");
    waitFor(() => host.vsctl("get", "interface", "late1", "ofport").trim() === "-1", "the interface to be let go");
    expect(reaches(guest, "10.1.0.254")).toBe(true);
  });

  it("follows requests of number, MAC and MTU", () => {
    host.guest("tap9", "10.1.0.9/24");
    host.vsctl(
      "add-port",
      "mybridge",
      "tap9",
      "--",
      "set",
      "interface",
      "tap9",
      "ofport_request=42",
      "mtu_request=1400",
    );
    expect(host.vsctl("get", "interface", "tap9", "ofport", "mtu").trim().split("\n")).toEqual(["42", "1400"]);
    host.vsctl(
      "add-port",
      "mybridge",
      "int1",
      "--",
      "set",
      "interface",
      "int1",
      "type=internal",
      'mac="02:11:22:33:44:55"',
    );
    expect(host.vsctl("get", "interface", "int1", "mac_in_use").trim()).toBe('"02:11:22:33:44:55"');
    expect(host.namespace.run("ip", "link", "show", "int1").stdout).toContain("02:11:22:33:44:55");
    host.vsctl("set", "bridge", "mybridge", 'other_config:hwaddr="02:aa:bb:cc:dd:ee"');
    expect(host.vsctl("get", "bridge", "mybridge", "datapath_id").trim()).toBe('"000002aabbccddee"');
    expect(host.namespace.run("ip", "link", "show", "mybridge").stdout).toContain("02:aa:bb:cc:dd:ee");
  });

  it("removes the device with the bridge", () => {
    host.vsctl("del-br", "mybridge");
    expect(host.namespace.run("ip", "link", "show", "mybridge").status).not.toBe(0);
    expect(host.vsctl("list-br")).toBe("");
  });
});

import { afterEach, beforeEach, expect, it } from "vitest";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, root } from "../support/needs.js";
import { checksumFaults, sendTcp, sendUdp, setOffloads, startSink, trafficNeeds } from "../support/traffic-ends.js";
import { WeftHost, waitFor } from "../support/weft-host.js";

describeWith([root, ...trafficNeeds], "ports of type afxdp", () => {
  let host: WeftHost;
  let guests: TestNamespace[];
  let sinks: { stop(): void }[];

  beforeEach(async () => {
    host = new WeftHost();
    host.start();
    host.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
    guests = ["wca", "wcb", "wcs"].map((port, i) => host.guest(port, `10.13.0.${i + 1}/24`));
    for (const [i, guest] of guests.entries()) guest.ip(`addr add fd13::${i + 1}/64 dev eth0 nodad`);
    sinks = [];
    for (const guest of guests) sinks.push(await startSink(guest));
  });
  afterEach(() => {
    for (const sink of sinks) sink.stop();
    host.close();
  });

  const add = (port: string, ...options: string[]): string =>
    host.vsctl("add-port", "br0", port, "--", "set", "interface", port, "type=afxdp", ...options);
  const shown = (): string => host.appctl("dpctl/show");
  const get = (port: string, column: string): string => host.vsctl("get", "interface", port, column).trim();

  it("carry guests' traffic to each other and to other ports, offloads on and off", () => {
    expect(host.vsctl("get", "open", ".", "iface_types")).toContain("afxdp");
    add("wca");
    add("wcb");
    host.vsctl("add-port", "br0", "wcs");
    const mode = "(afxdp: n_rxq=1, use-need-wakeup=true, xdp-mode=best-effort, xdp-mode-in-use=native)";
    expect(shown()).toContain(`wca ${mode}`);
    expect(get("wca", "status:driver_name")).toBe("veth");
    for (const on of [true, false]) {
      for (const guest of guests) setOffloads(guest, "eth0", on);
      for (const [from, to] of [
        [0, 1],
        [0, 2],
        [2, 1],
      ] as const) {
        for (const address of [`10.13.0.${to + 1}`, `fd13::${to + 1}`]) {
          expect([address, "tcp", sendTcp(guests[from]!, address, 4_000_001)]).toEqual([address, "tcp", "same"]);
          expect([address, "udp", sendUdp(guests[from]!, address, 50, 1200)]).toEqual([address, "udp", "50 0"]);
          expect([address, "cut", sendUdp(guests[from]!, address, 5, 9000)]).toEqual([address, "cut", "5 0"]);
        }
      }
    }
    expect(guests.map(checksumFaults)).toEqual([0, 0, 0]);
    waitFor(() => Number(get("wca", "statistics:rx_packets")) > 1000, "statistics");
    expect(get("wca", "statistics:xsk_queue_0_rx_dropped")).toMatch(/^\d+$/);
  });

  it("are made anew when their options change, and keep their numbers", () => {
    add("wca", "options:xdp-mode=generic", "options:use-need-wakeup=false");
    host.vsctl("add-port", "br0", "wcs");
    expect(shown()).toContain("use-need-wakeup=false, xdp-mode=generic, xdp-mode-in-use=generic)");
    expect(host.log()).toContain("netdev_afxdp|WARN|wca: generic XDP mode loses");
    const ofport = get("wca", "ofport");
    host.vsctl("set", "interface", "wca", "options:xdp-mode=native");
    expect(shown()).toContain("xdp-mode=native, xdp-mode-in-use=native)");
    expect(get("wca", "ofport")).toBe(ofport);
    expect(sendTcp(guests[0]!, "10.13.0.3", 1_000_001)).toBe("same");
  });

  it("are refused in a mode that the device lacks, and captured where any mode would do", () => {
    const tryAdd = (...options: string[]): string =>
      host.run("ovs-vsctl", "add-port", "br0", "wca", "--", "set", "interface", "wca", "type=afxdp", ...options).stderr;
    expect(tryAdd("options:xdp-mode=native-with-zerocopy")).toContain(
      "Error detected while setting up 'wca': could not add network device wca to ofproto (Invalid argument).",
    );
    host.vsctl("set", "interface", "wca", "options:xdp-mode=fast");
    expect(get("wca", "error")).toBe('"wca: could not set configuration (Invalid argument)"');
    expect(host.log()).toContain("netdev_afxdp|ERR|wca: Incorrect xdp-mode (fast).");
    host.vsctl("set", "interface", "wca", "options:xdp-mode=best-effort", "options:n_rxq=7");
    expect(get("wca", "error")).toBe("[]");
    expect(shown()).toContain("(afxdp: n_rxq=7, use-need-wakeup=true, xdp-mode=best-effort, xdp-mode-in-use=none)");
    expect(host.log()).toMatch(/netdev_afxdp\|WARN\|wca: AF_XDP does not work here \(.*Invalid argument\)/);
    host.vsctl("add-port", "br0", "wcs");
    expect(sendTcp(guests[0]!, "10.13.0.3", 1_000_001)).toBe("same");
  });
});

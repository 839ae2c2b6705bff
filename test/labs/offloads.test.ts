import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeEngines } from "../support/engines.js";
import type { TestNamespace } from "../support/namespace.js";
import { root } from "../support/needs.js";
import { checksumFaults, sendTcp, sendUdp, setOffloads, startSink, trafficNeeds } from "../support/traffic-ends.js";
import { WeftHost, waitFor } from "../support/weft-host.js";

/** A host with a bridge of the userspace engine, its own port included, and two guests, all of which take traffic. */
class Scene {
  readonly host = new WeftHost();
  readonly a: TestNamespace;
  readonly b: TestNamespace;
  readonly all: readonly TestNamespace[];
  readonly #sinks: { stop(): void }[] = [];

  constructor(choose: (host: WeftHost) => void) {
    const { host } = this;
    host.start();
    choose(host);
    host.vsctl("add-br", "br0");
    this.a = host.guest("wha", "10.12.0.1/24");
    this.b = host.guest("whb", "10.12.0.2/24");
    host.namespace.ip("addr add 10.12.0.254/24 dev br0");
    host.namespace.ip("addr add fd12::fe/64 dev br0 nodad");
    host.namespace.ip("link set br0 up");
    // Else what the guests begin with finds the bridge's own port down.
    host.vsctl("add-port", "br0", "wha", "--", "add-port", "br0", "whb");
    this.a.ip("addr add fd12::1/64 dev eth0 nodad");
    this.b.ip("addr add fd12::2/64 dev eth0 nodad");
    this.all = [this.a, this.b, host.namespace];
  }

  async start(): Promise<this> {
    for (const namespace of this.all) this.#sinks.push(await startSink(namespace));
    return this;
  }

  /** Nothing was spoilt, and the switch gave up no packet because a device did not take it. */
  expectNoFaults(): void {
    expect(this.all.map(checksumFaults)).toEqual([0, 0, 0]);
    expect(this.host.appctl("ofproto/drops")).not.toContain("did not take it");
  }

  close(): void {
    for (const sink of this.#sinks) sink.stop();
    this.host.close();
  }
}

/**
 * Sends datagrams until all of a trial arrive, three times at the most: on a machine without a processor to spare the guests' kernels lose some. The
 * switch says what it gives up itself, and then one trial was enough.
 */
function sendAllUdp(scene: Scene, from: TestNamespace, address: string, ...traffic: [number, number, number?]): void {
  const [count, size, segment] = traffic;
  const wanted = `${segment === undefined ? count : count * Math.floor(size / segment)} 0`;
  const given = scene.host.appctl("ofproto/drops");
  for (let trial = 1; ; trial++) {
    const arrived = sendUdp(from, address, ...traffic);
    if (trial < 3 && arrived !== wanted && scene.host.appctl("ofproto/drops") === given) continue;
    const dropped = arrived === wanted ? given : scene.host.appctl("ofproto/drops");
    expect([address, size, arrived, dropped]).toEqual([address, size, wanted, given]);
    return;
  }
}

/** Every kind of traffic from one end to another whose addresses are given. */
function expectAll(scene: Scene, from: TestNamespace, ...addresses: string[]): void {
  for (const address of addresses) {
    expect([address, "tcp", sendTcp(from, address, 4_000_001)]).toEqual([address, "tcp", "same"]);
    sendAllUdp(scene, from, address, 100, 1200);
    sendAllUdp(scene, from, address, 50, 17);
    sendAllUdp(scene, from, address, 10, 24_000, 1200);
    sendAllUdp(scene, from, address, 20, 20_000);
  }
}

describeEngines([root, ...trafficNeeds], "guests' traffic", (choose) => {
  let scene: Scene;

  describe("with offloads on and off", () => {
    beforeAll(async () => {
      scene = await new Scene(choose).start();
    });
    afterAll(() => scene?.close());

    // Whether each has its offloads on: guest a, guest b, the host's ends of both.
    for (const [a, b, ends] of [
      [true, true, true],
      [true, false, true],
      [false, true, true],
      [true, true, false],
      [false, false, false],
    ] as const)
      it(`guest a ${a ? "on" : "off"}, b ${b ? "on" : "off"}, the host's ends ${ends ? "on" : "off"}`, () => {
        setOffloads(scene.a, "eth0", a);
        setOffloads(scene.b, "eth0", b);
        for (const port of ["wha", "whb"]) setOffloads(scene.host.namespace, port, ends);
        expectAll(scene, scene.a, "10.12.0.2", "fd12::2", "10.12.0.254");
        expectAll(scene, scene.b, "10.12.0.1");
        expectAll(scene, scene.host.namespace, "10.12.0.1", "fd12::2");
        scene.expectNoFaults();
      });

    it("the bridge's own port off", () => {
      setOffloads(scene.a, "eth0", true);
      setOffloads(scene.host.namespace, "br0", false);
      expectAll(scene, scene.a, "10.12.0.254");
      expectAll(scene, scene.host.namespace, "10.12.0.1");
      scene.expectNoFaults();
    });
  });

  describe("of several sizes", () => {
    beforeAll(async () => {
      scene = await new Scene(choose).start();
    });
    afterAll(() => scene?.close());

    const setMtu = (guest: TestNamespace, port: string, mtu: number): void => {
      guest.ip(`link set eth0 mtu ${mtu}`);
      scene.host.vsctl("set", "interface", port, `mtu_request=${mtu}`);
      waitFor(() => scene.host.vsctl("get", "interface", port, "mtu").trim() === String(mtu), "the MTU");
    };

    it("jumbo frames", () => {
      setMtu(scene.a, "wha", 9000);
      setMtu(scene.b, "whb", 9000);
      for (const [from, address] of [
        [scene.a, "10.12.0.2"],
        [scene.b, "fd12::1"],
        [scene.a, "10.12.0.254"],
        [scene.host.namespace, "fd12::1"],
      ] as const) {
        expectAll(scene, from, address);
        sendAllUdp(scene, from, address, 50, 8900);
        sendAllUdp(scene, from, address, 10, 44_500, 8900);
      }
      // Whole, not in fragments.
      expect(scene.a.run("ping", "-c", "2", "-i", "0.1", "-M", "do", "-s", "8972", "10.12.0.2").status).toBe(0);
      scene.expectNoFaults();
    });

    it("jumbo frames to one that takes none: TCP agrees on less, what is too long is dropped with its reason", () => {
      setMtu(scene.b, "whb", 1500);
      expect(sendTcp(scene.a, "10.12.0.2", 3_000_000)).toBe("same");
      expect(sendTcp(scene.b, "10.12.0.1", 3_000_000)).toBe("same");
      expect(sendUdp(scene.a, "10.12.0.2", 30, 8000)).toBe("0 0");
      waitFor(
        () => /whb: 30 packets, longer than the MTU/.test(scene.host.appctl("ofproto/drops", "br0")),
        "the drops to be named",
      );
      expect(sendUdp(scene.b, "10.12.0.1", 30, 8000)).toBe("30 0");
      scene.expectNoFaults();
    });
  });
});

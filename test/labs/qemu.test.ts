import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith } from "../support/needs.js";
import { QemuGuest } from "../support/qemu-guest.js";
import { VmPair, vmPairNeeds } from "../support/vm-pair.js";
import { waitFor } from "../support/weft-host.js";

/** What a virtual network card is told so that it leaves nothing to others. */
const NO_OFFLOADS =
  "csum=off,guest_csum=off,gso=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off,mrg_rxbuf=off";

describeWith(vmPairNeeds(), "virtual machines on TAP ports", () => {
  let pair: VmPair;

  beforeAll(async () => {
    pair = new VmPair();
    await pair.start();
  });
  afterAll(() => pair?.close());

  const received = (number: number): { rxPackets: number; rxBytes: number } =>
    pair.host.namespace.net.link(`vm${number}`)!.stats;

  it("reach each other", async () => {
    expect(await pair.pings(1, "10.11.0.2")).toBe(true);
    expect(await pair.pings(2, "fd11::1")).toBe(true);
  });

  it.each([
    [1, "10.11.0.2"],
    [2, "10.11.0.1"],
    [1, "fd11::2"],
  ])("exchange TCP with their offloads on: %d to %s", async (from, address) => {
    const before = received(from);
    const rate = await pair.tcp(from, address);
    const after = received(from);
    console.log(`${rate.toFixed(0)} Mb/s${QemuGuest.translated ? ", processors translated" : ""}`);
    // The sender's large segments came whole.
    expect((after.rxBytes - before.rxBytes) / (after.rxPackets - before.rxPackets)).toBeGreaterThan(4000);
    expect(await pair.checksumFaults()).toBe(0);
  });

  it("exchange datagrams and fragments", async () => {
    for (const size of [64, 1400, 6000]) expect([size, await pair.udpLost(1, "10.11.0.2", size)]).toEqual([size, 0]);
    expect(await pair.pings(2, "10.11.0.1", 20_000)).toBe(true);
    expect(await pair.checksumFaults()).toBe(0);
  });

  it("get what was sent, byte by byte", async () => {
    await pair.guest(2).must("(sleep 100 | nc -l -p 7000 | sha256sum > /tmp/got) >/dev/null 2>&1 &");
    const listening = "until netstat -ltn | grep -q :7000; do sleep 0.1; done";
    await pair.guest(2).must(listening);
    const sent = await pair
      .guest(1)
      .must("head -c 3000001 /dev/urandom > /tmp/sent; nc 10.11.0.2 7000 < /tmp/sent; sha256sum < /tmp/sent");
    const got = await pair.guest(2).must("while [ ! -s /tmp/got ]; do sleep 0.1; done; cat /tmp/got");
    expect(got).toBe(sent);
  });

  it("come back after they were switched off, with a card that offloads nothing", async () => {
    const number = (): string => pair.host.vsctl("get", "interface", "vm2", "ofport").trim();
    await pair.guest(2).close();
    waitFor(() => number() === "-1", "the TAP's end to be seen");
    await pair.boot(2, NO_OFFLOADS);
    waitFor(() => number() !== "-1", "the TAP to be a port again");
    expect(await pair.pings(1, "10.11.0.2")).toBe(true);
    await pair.tcp(1, "10.11.0.2");
    await pair.tcp(2, "10.11.0.1");
    expect(await pair.checksumFaults()).toBe(0);
    expect(pair.host.appctl("ofproto/drops")).not.toMatch(/vm\d: \d{2,} packets, the device .* did not take it/);
  });
});

import { expect, it } from "vitest";
import type { DeviceInfo } from "#datapath/device.js";
import { portFeatures } from "./port-features.js";

const info: DeviceInfo = {
  mac: new Uint8Array(6),
  mtu: 1500,
  minMtu: 68,
  maxMtu: 9000,
  up: true,
  carrier: true,
  carrierResets: 0,
  ifindex: 1,
  speed: undefined,
  duplex: undefined,
  status: new Map(),
};

it("tells nothing of a device that knows nothing", () => {
  const nothing = { current: 0, advertised: 0, supported: 0, peer: 0, currentSpeed: 0, maxSpeed: 0 };
  expect(portFeatures(info)).toEqual(nothing);
});

it("tells a virtual device's speed and medium", () => {
  const modes = { medium: "copper", negotiates: false, supported: [], advertised: [], peer: [] } as const;
  expect(portFeatures({ ...info, speed: 10e9, duplex: "full", modes })).toEqual({
    current: 0x840,
    advertised: 0,
    supported: 0,
    peer: 0,
    currentSpeed: 10_000_000,
    maxSpeed: 0,
  });
});

it("tells what a network card can be, and the other end", () => {
  const supported = [0, 1, 2, 3, 5, 6, 7, 13, 14];
  const modes = { medium: "copper", negotiates: true, supported, advertised: [3, 5, 6, 7], peer: [3, 6] } as const;
  expect(portFeatures({ ...info, speed: 100e6, duplex: "half", modes })).toEqual({
    current: 0x2804,
    advertised: 0x2828,
    supported: 0xe82f,
    peer: 0x2008,
    currentSpeed: 100_000,
    maxSpeed: 1_000_000,
  });
});

it("counts speeds that OpenFlow does not know as other", () => {
  const modes = { medium: "fiber", negotiates: false, supported: [31, 43], advertised: [], peer: [] } as const;
  expect(portFeatures({ ...info, speed: 25e9, duplex: "full", modes })).toMatchObject({
    current: 0x1400,
    supported: 0x440,
    maxSpeed: 10_000_000,
  });
});

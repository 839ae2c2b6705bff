import { expect, it } from "vitest";
import { formatMac, parseMac } from "#util/mac.js";
import {
  addressFault,
  chooseBridgeAddress,
  datapathIdOf,
  defaultBridgeAddress,
  formatDatapathId,
  parseDatapathId,
} from "./bridge-address.js";

const mac = (text: string): Uint8Array => parseMac(text)!;

it("makes a stable address of a row's UUID, as Open vSwitch 3.1 was seen to", () => {
  const address = defaultBridgeAddress("2200fea4-bf54-43ce-8740-85afdf3939bf");
  expect(formatMac(address)).toBe("a6:fe:00:22:ce:43");
  expect(formatDatapathId(datapathIdOf(address))).toBe("0000a6fe0022ce43");
});

it("takes the lowest hardware address, passing over local and multicast ones", () => {
  const fallback = mac("02:00:00:00:00:01");
  const candidates = [
    "00:50:56:00:00:02",
    "00:50:56:00:00:01",
    "02:00:00:00:00:00",
    "01:00:00:00:00:00",
    "00:00:00:00:00:00",
  ].map((m) => ({ mac: mac(m) }));
  expect(formatMac(chooseBridgeAddress(undefined, candidates, fallback))).toBe("00:50:56:00:00:01");
  expect(chooseBridgeAddress(undefined, candidates.slice(2), fallback)).toBe(fallback);
});

it("prefers other_config:hwaddr unless it is multicast or zero", () => {
  const fallback = mac("02:00:00:00:00:01");
  expect(formatMac(chooseBridgeAddress(mac("02:11:22:33:44:55"), [], fallback))).toBe("02:11:22:33:44:55");
  expect(chooseBridgeAddress(mac("03:11:22:33:44:55"), [], fallback)).toBe(fallback);
  expect(chooseBridgeAddress(mac("00:00:00:00:00:00"), [], fallback)).toBe(fallback);
});

it("says why an address is not taken", () => {
  expect(addressFault(mac("02:11:22:33:44:55"))).toBeUndefined();
  expect(addressFault(mac("01:00:00:00:00:99"))).toBe("cannot set MAC address to multicast address 01:00:00:00:00:99");
  expect(addressFault(mac("00:00:00:00:00:00"))).toBe("cannot set MAC address to zero");
});

it("reads a datapath id of exactly 16 digits, or of fewer behind 0x, not zero", () => {
  expect(parseDatapathId("0x1236")).toBe(0x1236n);
  expect(parseDatapathId("00000000000000ff")).toBe(255n);
  expect(parseDatapathId("0x00000000000000ff")).toBe(255n);
  for (const bad of ["ff", "0000000000000000", "00000000000000fg", "000000000000000ff", "0x", "0x000000000000000ff"])
    expect(parseDatapathId(bad)).toBeUndefined();
});

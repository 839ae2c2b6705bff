import { describe, expect, it } from "vitest";
import { getFieldBig, setField } from "./access.js";
import { newKey } from "./key.js";
import { W } from "./layout.js";
import { presenceBit, TlvMap, type TlvMapping } from "./tlv-map.js";
import { clearTunnelMetadata, setTunnelOptions, tunnelOptions } from "./tun-metadata.js";

const option = (type: number, length: number, index: number): TlvMapping => ({ class: 0xffff, type, length, index });
const map = (...options: TlvMapping[]): TlvMap => TlvMap.empty.add(options) as TlvMap;

describe("a map of tunnel options", () => {
  it("places fields side by side, and leaves the others where they are", () => {
    const first = map(option(0, 4, 0), option(1, 8, 5), option(2, 0, 9));
    expect([0, 5].map((i) => first.field(i)!.word)).toEqual([W.tunMetadata, W.tunMetadata + 1]);
    expect(first.field(5)).toMatchObject({ name: "tun_metadata5", bits: 64, words: 2 });
    expect(first.used).toBe(12);
    const second = first.remove([0, 40]).add([option(3, 8, 1), option(4, 4, 2)]) as TlvMap;
    expect([5, 1, 2].map((i) => second.field(i)!.word - W.tunMetadata)).toEqual([1, 3, 0]);
    expect(second.mappings.map((m) => m.index)).toEqual([1, 2, 5, 9]);
    expect(first.field(0)).toBeDefined();
  });

  it.each([
    ["badLength", option(9, 5, 1)],
    ["badLength", option(9, 128, 1)],
    ["badIndex", option(9, 4, 64)],
    ["alreadyMapped", option(9, 4, 0)],
    ["duplicate", option(0, 4, 1)],
    ["alreadyMapped", option(0, 4, 0)],
    ["full", option(9, 124, 1)],
  ])("refuses with %s %o", (fault, more) => {
    expect(map(option(0, 124, 0), option(1, 124, 2)).add([more])).toBe(fault);
  });

  it("turns a packet's options into words of its key, and back", () => {
    const tlvs = map(option(0, 4, 0), option(0x81, 8, 40));
    const key = newKey();
    const options = [
      { class: 0xffff, type: 0x81, value: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
      { class: 1, type: 1, value: Uint8Array.of(9, 9, 9, 9) },
    ];
    expect(setTunnelOptions(key, tlvs, options)).toBe(true);
    expect(getFieldBig(key, tlvs.field(40)!)).toBe(0x0102030405060708n);
    expect([key[W.tunMetadataPresent], key[W.tunMetadataPresent + 1]]).toEqual([1 << 8, 0]);
    expect(tunnelOptions(key, tlvs)).toEqual([options[0]]);
    clearTunnelMetadata(key, tlvs, 40);
    expect(key).toEqual(newKey());
    setField(key, presenceBit(0), 1);
    expect(tunnelOptions(key, tlvs)).toEqual([{ class: 0xffff, type: 0, value: new Uint8Array(4) }]);
  });

  it("has packets dropped whose options are wrong", () => {
    const tlvs = map(option(0, 4, 0));
    const one = (type: number, length: number) =>
      setTunnelOptions(newKey(), tlvs, [{ class: 0xffff, type, value: new Uint8Array(length) }]);
    expect(one(0, 4)).toBe(true);
    expect(one(0, 8)).toBe(false);
    expect(one(0x80, 4)).toBe(false);
    expect(one(1, 4)).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { TlvMap } from "#flow/tlv-map.js";
import type { Action } from "./action.js";
import { mapTunMetadata } from "./map-tlvs.js";
import { parseActions } from "./parse.js";

const map = TlvMap.empty.add([
  { class: 0xffff, type: 0, length: 4, index: 0 },
  { class: 0xffff, type: 1, length: 8, index: 5 },
]) as TlvMap;

const mapped = (text: string): Action[] => mapTunMetadata(parseActions(text), map);

describe("tunnel metadata in actions", () => {
  it("get the place and width that the bridge's map gives them", () => {
    const [set, move, nested] = mapped(
      "set_field:5->tun_metadata0,move:tun_metadata5[0..31]->reg0[],clone(set_field:1/3->tun_metadata5)",
    );
    expect(set).toMatchObject({ field: map.field(0), mask: 0xffffffffn });
    expect(move).toMatchObject({ source: { field: map.field(5), start: 0, bits: 32 } });
    expect(nested).toMatchObject({ actions: [{ field: map.field(5), value: 1n, mask: 3n }] });
    const plain = parseActions("output:1,set_field:1->reg0");
    expect(mapTunMetadata(plain, map)).toEqual(plain);
  });

  // As ovs-vswitchd 3.1.0 answers.
  it.each([
    ["set_field:5->tun_metadata7", "NXFMFC_INVALID_TLV_FIELD"],
    ["move:tun_metadata7[0..31]->reg0[]", "NXFMFC_INVALID_TLV_FIELD"],
    ["delete_field:tun_metadata9", "NXFMFC_INVALID_TLV_FIELD"],
    ["move:tun_metadata0[0..32]->xreg0[0..32]", "OFPBAC_BAD_SET_LEN"],
    ["push:tun_metadata5[]", "OFPBAC_BAD_SET_LEN"],
    ["learn(tun_metadata0[0..31]=reg0[],load:5->tun_metadata5[])", "OFPBAC_BAD_SET_LEN"],
  ])("%s is refused", (text, error) => {
    expect(() => mapped(text)).toThrow(error);
  });
});

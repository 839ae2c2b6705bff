import { TLV_FIELDS, TLV_SPACE, TlvMap, type TlvMapFault } from "#flow/tlv-map.js";
import type { ErrorName } from "#openflow/errors/error-row.js";
import type { TlvTableMod, TlvTableRequest } from "#openflow/messages/connection/tlv-table.js";
import { OfpError } from "#openflow/ofp-error.js";
import type { BridgeState } from "../../bridge-state.js";
import type { Handler } from "../handler.js";
import { tlvUsers } from "./tlv-users.js";

const errors: Readonly<Record<TlvMapFault, ErrorName>> = {
  badLength: "NXTTMFC_BAD_OPT_LEN",
  badIndex: "NXTTMFC_BAD_FIELD_IDX",
  alreadyMapped: "NXTTMFC_ALREADY_MAPPED",
  duplicate: "NXTTMFC_DUP_ENTRY",
  full: "NXTTMFC_TABLE_FULL",
};

/** Which tunnel options are which fields: NXT_TLV_TABLE_REQUEST. */
export const tlvTableHandler: Handler<TlvTableRequest> = {
  kind: "tlv_table_request",
  changes: false,
  handle: (_, { bridge }) => [
    {
      kind: "tlv_table_reply",
      maxSpace: TLV_SPACE,
      maxFields: TLV_FIELDS,
      mappings: bridge.state.tlvs.mappings.map((m) => ({
        optionClass: m.class,
        optionType: m.type,
        length: m.length,
        index: m.index,
      })),
    },
  ],
};

/** NXT_TLV_TABLE_MOD. Fields that flows use stay. */
export const tlvTableModHandler: Handler<TlvTableMod> = {
  kind: "tlv_table_mod",
  changes: true,
  handle: (mod, { bridge }) => {
    bridge.state.tlvs = changedMap(bridge.state, mod);
    bridge.backer.changed();
    return undefined;
  },
};

function changedMap(state: BridgeState, { command, mappings }: TlvTableMod): TlvMap {
  const { tlvs } = state;
  if (command === "add") {
    const wanted = mappings.map((m) => ({
      class: m.optionClass,
      type: m.optionType,
      length: m.length,
      index: m.index,
    }));
    const map = tlvs.add(wanted);
    if (map instanceof TlvMap) return map;
    throw new OfpError(errors[map]);
  }
  const indexes = command === "clear" ? tlvs.mappings.map((m) => m.index) : mappings.map((m) => m.index);
  const used = tlvUsers(state.tables);
  if (indexes.some((i) => used.has(i) && tlvs.field(i) !== undefined)) throw new OfpError("NXTTMFC_INVALID_TLV_DEL");
  return tlvs.remove(indexes);
}

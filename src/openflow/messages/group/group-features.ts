import { hexText } from "../../number-text.js";
import { OF10, OF11, OF12, since, until, type Version } from "../../version.js";
import type { MessageForm, MessageNumber, MessageRow } from "../message.js";
import { nxst, ofpst } from "../message.js";

/** Asks what groups a switch can have. */
export interface GroupFeaturesRequest {
  readonly kind: "group_features_request";
}

/** What groups of a type can do. */
interface GroupTypeFeatures {
  /** Groups of the type that there may be. */
  readonly maxGroups: number;
  /** Actions of buckets, by their names, in the order they are printed. */
  readonly actions: readonly string[];
}

/** What groups a switch can have. */
export interface GroupFeaturesReply {
  readonly kind: "group_features_reply";
  /** Bit n is for `GroupType` n. */
  readonly types: number;
  /** 1 weights, 2 liveness, 4 groups in groups, 8 checks for loops. */
  readonly capabilities: number;
  /** By `GroupType`: four of them. */
  readonly byType: readonly GroupTypeFeatures[];
}

type Bit = number | undefined;

/** Actions by name, in the order they are printed, and the bit they have in OpenFlow 1.0, 1.1 and since 1.2. */
const actionBits: readonly (readonly [name: string, of10: Bit, of11: Bit, of12: Bit])[] = [
  ["output", 0, 0, 0],
  ["group", undefined, 22, 22],
  ["enqueue", 11, undefined, undefined],
  ["set_field", undefined, undefined, 25],
  ["set_vlan_vid", 1, 1, undefined],
  ["set_vlan_pcp", 2, 2, undefined],
  ["strip_vlan", 3, 18, 18],
  ["push_vlan", undefined, 17, 17],
  ["mod_dl_src", 4, 3, undefined],
  ["mod_dl_dst", 5, 4, undefined],
  ["mod_nw_src", 6, 5, undefined],
  ["mod_nw_dst", 7, 6, undefined],
  ["mod_nw_tos", 8, 7, undefined],
  ["mod_nw_ecn", undefined, 8, undefined],
  ["mod_nw_ttl", undefined, 23, 23],
  ["mod_tp_src", 9, 9, undefined],
  ["mod_tp_dst", 10, 10, undefined],
  ["dec_ttl", undefined, 24, 24],
  ["set_mpls_label", undefined, 13, undefined],
  ["set_mpls_tc", undefined, 14, undefined],
  ["set_mpls_ttl", undefined, 15, 15],
  ["dec_mpls_ttl", undefined, 16, 16],
  ["push_mpls", undefined, 19, 19],
  ["pop_mpls", undefined, 20, 20],
  ["set_queue", undefined, 21, 21],
];

const TYPES = 4;
const titles = ["all", "select", "indirect", "fast failover"] as const;

const bitOf = (row: (typeof actionBits)[number], version: Version): Bit =>
  version === OF10 ? row[1] : version === OF11 ? row[2] : row[3];

function readActions(bits: number, version: Version): string[] {
  return actionBits
    .filter((row) => {
      const bit = bitOf(row, version);
      return bit !== undefined && ((bits >>> bit) & 1) !== 0;
    })
    .map(([name]) => name);
}

function actionsTo(names: readonly string[], version: Version): number {
  let bits = 0;
  for (const row of actionBits) {
    const bit = bitOf(row, version);
    if (bit !== undefined && names.includes(row[0])) bits |= 1 << bit;
  }
  return bits;
}

const requestForm = (name: string, number: MessageNumber): MessageForm<GroupFeaturesRequest> => ({
  name,
  numbers: [number],
  length: [0, 0],
  decode: () => ({ kind: "group_features_request" }),
  encode: () => {},
});

export const groupFeaturesRequest: MessageRow<GroupFeaturesRequest> = {
  kind: "group_features_request",
  forms: [
    requestForm("OFPST_GROUP_FEATURES request", ofpst("request", since(OF12), 8)),
    requestForm("NXST_GROUP_FEATURES request", nxst("request", until(OF11), 9)),
  ],
  format: () => "",
};

const replyForm = (name: string, number: MessageNumber): MessageForm<GroupFeaturesReply> => ({
  name,
  numbers: [number],
  length: [40, 0],
  decode: (r, { version }) => {
    const [types, capabilities] = [r.u32(), r.u32()];
    const max = Array.from({ length: TYPES }, () => r.u32());
    const byType = max.map((maxGroups) => ({ maxGroups, actions: readActions(r.u32(), version) }));
    return { kind: "group_features_reply", types, capabilities, byType };
  },
  encode: ({ types, capabilities, byType }, w, { version }) => {
    w.u32(types).u32(capabilities);
    for (let i = 0; i < TYPES; i++) w.u32(byType[i]?.maxGroups ?? 0);
    for (let i = 0; i < TYPES; i++) w.u32(actionsTo(byType[i]?.actions ?? [], version));
  },
});

export const groupFeaturesReply: MessageRow<GroupFeaturesReply> = {
  kind: "group_features_reply",
  forms: [
    replyForm("OFPST_GROUP_FEATURES reply", ofpst("reply", since(OF12), 8)),
    replyForm("NXST_GROUP_FEATURES reply", nxst("reply", until(OF11), 9)),
  ],
  format: ({ types, capabilities, byType }) => {
    const told = byType.map(({ maxGroups, actions }, i) => {
      if (((types >>> i) & 1) === 0) return "";
      const list = actions.length === 0 ? "<none>" : actions.join(" ");
      return `\n    ${titles[i]} group:\n       max_groups=${hexText(maxGroups)}\n       actions: ${list}`;
    });
    const hex = (n: number): string => `0x${n.toString(16)}`;
    return `\n Group table:\n    Types:  ${hex(types)}\n    Capabilities:  ${hex(capabilities)}${told.join("")}`;
  },
};

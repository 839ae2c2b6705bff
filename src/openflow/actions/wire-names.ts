import { NICIRA_VENDOR, ONF_VENDOR } from "../errors/error-row.js";
import { OF10, OF12, type Version } from "../version.js";

/** What the log calls actions by their numbers: of OpenFlow 1.0, later, and of vendors. */
const names10: readonly string[] = (
  "OUTPUT SET_VLAN_VID SET_VLAN_PCP STRIP_VLAN SET_DL_SRC SET_DL_DST SET_NW_SRC SET_NW_DST SET_NW_TOS " +
  "SET_TP_SRC SET_TP_DST ENQUEUE"
).split(" ");

const namesLater: readonly string[] = (
  "OUTPUT SET_VLAN_VID SET_VLAN_PCP SET_DL_SRC SET_DL_DST SET_NW_SRC SET_NW_DST SET_NW_TOS SET_NW_ECN SET_TP_SRC " +
  "SET_TP_DST - - SET_MPLS_LABEL SET_MPLS_TC SET_MPLS_TTL DEC_MPLS_TTL PUSH_VLAN POP_VLAN PUSH_MPLS POP_MPLS SET_QUEUE " +
  "GROUP SET_NW_TTL DEC_NW_TTL SET_FIELD - - COPY_FIELD METER"
).split(" ");

const namesOfNicira: readonly string[] = (
  "- RESUBMIT SET_TUNNEL - = POP_QUEUE REG_MOVE REG_LOAD NOTE SET_TUNNEL64 MULTIPATH - BUNDLE BUNDLE_LOAD " +
  "RESUBMIT_TABLE OUTPUT_REG LEARN EXIT = FIN_TIMEOUT CONTROLLER DEC_TTL_CNT_IDS WRITE_METADATA = = = = STACK_PUSH " +
  "STACK_POP SAMPLE = = OUTPUT_REG2 REG_LOAD2 CONJUNCTION CT NAT CONTROLLER2 SAMPLE2 OUTPUT_TRUNC = SAMPLE3 CLONE " +
  "CT_CLEAR RESUBMIT_TABLE_CT LEARN2 ENCAP DECAP DEC_NSH_TTL CHECK_PKT_LARGER DELETE_FIELD"
).split(" ");

/** Nicira's numbers for what later has a standard one. */
const standardOfNicira: Readonly<Record<number, string>> = {
  4: "SET_QUEUE",
  18: "DEC_NW_TTL",
  23: "PUSH_MPLS",
  24: "POP_MPLS",
  25: "SET_MPLS_TTL",
  26: "DEC_MPLS_TTL",
  30: "SET_MPLS_LABEL",
  31: "SET_MPLS_TC",
  40: "GROUP",
};

/** The name that the log has for an action's number, e.g. `OFPAT_OUTPUT`, `NXAST_LEARN`. */
export function actionWireName(version: Version, vendor: number, type: number): string {
  if (vendor === ONF_VENDOR) return "ONFACT_COPY_FIELD";
  if (vendor !== NICIRA_VENDOR) return `OFPAT_${(version === OF10 ? names10 : namesLater)[type] ?? type}`;
  const standard = standardOfNicira[type];
  return standard === undefined ? `NXAST_${namesOfNicira[type] ?? "DEBUG_RECIRC"}` : `OFPAT_${standard}`;
}

/** True of standard numbers that set_field says better since OpenFlow 1.2. */
export function isDeprecated(version: Version, type: number): boolean {
  return version >= OF12 && ((type >= 1 && type <= 10) || (type >= 13 && type <= 15));
}

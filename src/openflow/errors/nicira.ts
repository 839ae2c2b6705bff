// Errors of Nicira's extensions.
import { OF11, OF12, OF13, OF14, since, until } from "../version.js";
import { type ErrorRow, nx, row } from "./error-row.js";

export const niciraErrors: readonly ErrorRow[] = [
  row("NXBAC_BAD_CONJUNCTION", nx(until(OF11), 2, 526), nx(since(OF12), 15)),
  row("NXBAC_BAD_ED_PROP", nx(since(OF13), 41)),
  row("NXBAC_BAD_HEADER_TYPE", nx(since(OF13), 39)),
  row("NXBAC_CT_DATAPATH_SUPPORT", nx(until(OF11), 1, 265), nx(since(OF12), 42)),
  row("NXBAC_MUST_BE_ZERO", nx(until(OF11), 2, 256), nx(since(OF12), 11)),
  row("NXBAC_UNKNOWN_ED_PROP", nx(since(OF13), 40)),
  row("NXBMC_CT_DATAPATH_SUPPORT", nx(until(OF11), 1, 264), nx(since(OF12), 43)),
  row("NXBRC_BAD_REASON", nx(until(OF11), 1, 516), nx(since(OF12), 5)),
  row("NXBRC_FM_BAD_EVENT", nx(until(OF11), 1, 520), nx(since(OF12), 9)),
  row("NXBRC_MUST_BE_ZERO", nx(until(OF11), 1, 515), nx(since(OF12), 4)),
  row("NXBRC_NXM_BAD_TYPE", nx(until(OF11), 1, 257), nx(since(OF12), 3)),
  row("NXBRC_NXM_INVALID", nx(until(OF11), 1, 256), nx(since(OF12), 2)),
  row("NXBRC_UNENCODABLE_ERROR", nx(until(OF11), 1, 521), nx(since(OF12), 10)),
  row("NXFMFC_BAD_TABLE_ID", nx(until(OF11), 5, 257), nx(since(OF12), 13)),
  row("NXFMFC_HARDWARE", nx(until(OF11), 5, 256), nx(since(OF12), 12)),
  row("NXFMFC_INVALID_TLV_FIELD", nx(until(OF11), 1, 536), nx(since(OF12), 37)),
  row("NXQOFC_QUEUE_ERROR", nx(since(OF14), 23)),
  row("NXR_NOT_SUPPORTED", nx(until(OF11), 1, 533), nx(since(OF12), 34)),
  row("NXR_STALE", nx(until(OF11), 1, 534), nx(since(OF12), 35)),
  row("NXST_NOT_CONFIGURED", nx(until(OF11), 1, 535), nx(since(OF12), 36)),
  row("NXTFFC_DUP_TABLE", nx(since(OF13), 44)),
  row("NXTTMFC_ALREADY_MAPPED", nx(until(OF11), 1, 531), nx(since(OF12), 20)),
  row("NXTTMFC_BAD_COMMAND", nx(until(OF11), 1, 527), nx(since(OF12), 16)),
  row("NXTTMFC_BAD_FIELD_IDX", nx(until(OF11), 1, 529), nx(since(OF12), 18)),
  row("NXTTMFC_BAD_OPT_LEN", nx(until(OF11), 1, 528), nx(since(OF12), 17)),
  row("NXTTMFC_DUP_ENTRY", nx(until(OF11), 1, 532), nx(since(OF12), 21)),
  row("NXTTMFC_INVALID_TLV_DEL", nx(until(OF11), 1, 537), nx(since(OF12), 38)),
  row("NXTTMFC_TABLE_FULL", nx(until(OF11), 1, 530), nx(since(OF12), 19)),
];

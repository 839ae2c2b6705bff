import { OfpError } from "../../ofp-error.js";
import { OF14, since } from "../../version.js";
import { type MessageRow, ofpt } from "../message.js";
import { formatTableDesc, readTableDesc, type TableDesc, writeTableDesc } from "./table-desc.js";

/** A table got emptier or fuller than its limits say. */
export interface TableStatus {
  readonly kind: "table_status";
  readonly reason: "vacancy_down" | "vacancy_up";
  readonly desc: TableDesc;
}

const VACANCY_DOWN = 3;
const VACANCY_UP = 4;

export const tableStatus: MessageRow<TableStatus> = {
  kind: "table_status",
  forms: [
    {
      name: "OFPT_TABLE_STATUS",
      numbers: [ofpt(since(OF14), 31)],
      length: [8, 8],
      decode: (r, ctx) => {
        const number = r.u8();
        if (number !== VACANCY_DOWN && number !== VACANCY_UP) throw new OfpError("OFPBPC_BAD_VALUE");
        r.skip(7);
        const reason = number === VACANCY_DOWN ? "vacancy_down" : "vacancy_up";
        return { kind: "table_status", reason, desc: readTableDesc(r, ctx) };
      },
      encode: ({ reason, desc }, w) => {
        w.u8(reason === "vacancy_down" ? VACANCY_DOWN : VACANCY_UP).zeros(7);
        writeTableDesc(w, desc);
      },
    },
  ],
  format: ({ reason, desc }, ctx) => ` reason=${reason.toUpperCase()}\ntable_desc:-${formatTableDesc(desc, ctx)}`,
};

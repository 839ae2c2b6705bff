import { OfpError } from "../../ofp-error.js";
import { OF13, since } from "../../version.js";
import { type MessageRow, ofpt } from "../message.js";
import { decodeBands, encodeBands, formatMeterConfig, type MeterConfig, MeterFlag } from "./meter-config.js";

/** What is done to a meter. */
export type MeterCommand = "add" | "modify" | "delete";

/** Changes a meter. */
export interface MeterMod {
  readonly kind: "meter_mod";
  readonly command: MeterCommand;
  /** Of `delete` only the number counts. */
  readonly meter: MeterConfig;
}

const commands: readonly (readonly [MeterCommand, text: string])[] = [
  ["add", "ADD"],
  ["modify", "MOD"],
  ["delete", "DEL"],
];

const UNITS: number = MeterFlag.kbps | MeterFlag.pktps;

export const meterMod: MessageRow<MeterMod> = {
  kind: "meter_mod",
  forms: [
    {
      name: "OFPT_METER_MOD",
      numbers: [ofpt(since(OF13), 29)],
      length: [8, 8],
      decode: (r) => {
        const [command, flags, meterId] = [commands[r.u16()]?.[0], r.u16(), r.u32()];
        if (command === undefined) throw new OfpError("OFPMMFC_BAD_COMMAND");
        if (command === "delete") return { kind: "meter_mod", command, meter: { meterId, flags: 0, bands: [] } };
        if ((flags & UNITS) === UNITS) throw new OfpError("OFPMMFC_BAD_FLAGS");
        return { kind: "meter_mod", command, meter: { meterId, flags, bands: decodeBands(r) } };
      },
      encode: ({ command, meter: { meterId, flags, bands } }, w) => {
        w.u16(commands.findIndex(([name]) => name === command))
          .u16(flags)
          .u32(meterId);
        encodeBands(bands, w);
      },
    },
  ],
  format: ({ command, meter }) =>
    ` ${commands.find(([name]) => name === command)![1]} ${formatMeterConfig(meter).trimEnd()}`,
};

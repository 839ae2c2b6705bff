import { formatMacNumber, type MacNumber } from "#util/mac-number.js";
import { OfpError } from "../../ofp-error.js";
import { formatOfport } from "../../port-number.js";
import { between, OF10, OF11, OF13, OF14, only, since } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import { type MessageForm, type MessageRow, ofpt } from "../message.js";
import { type OtherProperty, readProperties, writeOtherProperties, writeProperty } from "../property.js";
import { formatPortConfig, portConfigMask } from "./port-config.js";
import { featuresFrom, featuresTo, formatFeatures } from "./port-features.js";
import { type PortContext, readPort, writePort } from "./wire-port.js";

/** Changes how a port is configured. */
export interface PortMod {
  readonly kind: "port_mod";
  readonly port: number;
  /** Must be the port's own. */
  readonly address: MacNumber;
  /** Bits of `PortConfig`: their values, and which of them change. */
  readonly config: number;
  readonly mask: number;
  /** Features to be advertised; 0 leaves them as they are. */
  readonly advertise: number;
  /** Properties of OpenFlow 1.4 and later that are not understood here. */
  readonly others?: readonly OtherProperty[];
}

const ETHERNET = 0;

function readBody(r: WireReader, ctx: PortContext): Omit<PortMod, "advertise" | "others"> {
  const { version } = ctx;
  const port = readPort(r, ctx);
  if (version !== OF10) r.skip(4);
  const address = r.u16() * 2 ** 32 + r.u32();
  if (version !== OF10) r.skip(2);
  const known = portConfigMask(version);
  const config = r.u32();
  const mask = r.u32() & known;
  return { kind: "port_mod", port, address, config: config & mask, mask };
}

const fixed = (numbers: MessageForm<PortMod>["numbers"], length: number): MessageForm<PortMod> => ({
  name: "OFPT_PORT_MOD",
  numbers,
  length: [length, 0],
  decode: (r, ctx) => ({ ...readBody(r, ctx), advertise: featuresFrom(ctx.version, r.u32()) }),
  encode: (body, w, { version }) => {
    writePort(w, body.port, version);
    if (version !== OF10) w.zeros(4);
    w.big(BigInt(body.address), 6);
    if (version !== OF10) w.zeros(2);
    const known = portConfigMask(version);
    w.u32(body.config & known)
      .u32(body.mask & known)
      .u32(featuresTo(version, body.advertise))
      .zeros(4);
  },
});

const withProperties: MessageForm<PortMod> = {
  name: "OFPT_PORT_MOD",
  numbers: [ofpt(since(OF14), 16)],
  length: [24, 8],
  decode: (r, ctx) => {
    const body = readBody(r, ctx);
    let advertise = 0;
    const others: OtherProperty[] = [];
    for (const property of readProperties(r)) {
      if (property.type !== ETHERNET) others.push(property.other());
      else {
        if (property.body.left !== 4) throw new OfpError("OFPBPC_BAD_LEN");
        advertise = featuresFrom(ctx.version, property.body.u32());
      }
    }
    return { ...body, advertise, ...(others.length === 0 ? {} : { others }) };
  },
  encode: (body, w, { version }) => {
    writePort(w, body.port, version);
    w.zeros(4).big(BigInt(body.address), 6).zeros(2);
    const known = portConfigMask(version);
    w.u32(body.config & known).u32(body.mask & known);
    if (body.advertise !== 0) writeProperty(w, ETHERNET, () => w.u32(featuresTo(version, body.advertise)));
    writeOtherProperties(w, body.others);
  },
};

export const portMod: MessageRow<PortMod> = {
  kind: "port_mod",
  forms: [fixed([ofpt(only(OF10), 15)], 24), fixed([ofpt(between(OF11, OF13), 16)], 32), withProperties],
  format: ({ port, address, config, mask, advertise }, ctx) =>
    [
      ` port: ${formatOfport(port, ctx)}: addr:${formatMacNumber(address)}`,
      `     config: ${formatPortConfig(config)}`,
      `     mask:   ${formatPortConfig(mask)}`,
      `     advertise: ${advertise === 0 ? "UNCHANGED" : formatFeatures(advertise)}`,
    ].join("\n"),
};

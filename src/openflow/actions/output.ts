import { UserError } from "#util/errors.js";
import { parseKeyValues } from "../key-value.js";
import { OfpError } from "../ofp-error.js";
import { demandPort32, formatOfport, OFPP, parseOfport, portTo32 } from "../port-number.js";
import { parseSubfield } from "../subfield.js";
import { always, OF10, OF11, only, since } from "../version.js";
import type { Action, ActionParseContext, ActionRow } from "./action.js";
import { type ControllerAction, toController } from "./controller.js";
import { nx, of } from "./wire-form.js";

/** Output to a port, or to a reserved one: `NORMAL`, `FLOOD`, `ALL`, `IN_PORT`, `LOCAL`. */
export interface OutputAction {
  readonly kind: "output";
  /** 16-bit form. */
  readonly port: number;
  /** What the bytes say of packets to controllers; means nothing to other ports. Default 0. */
  readonly maxLength?: number;
}

/** Output to a port of the packet's first bytes. */
export interface OutputTruncated {
  readonly kind: "output_trunc";
  readonly port: number;
  /** 14 or more. */
  readonly maxLength: number;
}

/** The action that makes a bridge a learning switch. */
export const normal: OutputAction = { kind: "output", port: OFPP.normal };

/** In bytes, output to the controller says how much of the packet. */
function fromWire(port: number, maxLength: number): OutputAction | ControllerAction {
  if (port === OFPP.controller) return toController({ maxLength });
  return maxLength === 0 ? { kind: "output", port } : { kind: "output", port, maxLength };
}

/** The 16-bit form of a port on the wire since OpenFlow 1.1. Throws OFPBAC_BAD_OUT_PORT. */
const wirePort = (port: number): number => demandPort32(port, "OFPBAC_BAD_OUT_PORT");

/** A port that packets can go to. */
function checkOutput(port: number): number {
  if (port >= OFPP.max && (port < OFPP.inPort || port === OFPP.none)) {
    throw new OfpError("OFPBAC_BAD_OUT_PORT", `port ${port}`);
  }
  return port;
}

/** What is left of a packet has an Ethernet header at least. */
const LEAST_LENGTH = 14;

export const output: ActionRow<OutputAction> = {
  kind: "output",
  wire: [
    {
      ids: [of(only(OF10), 0)],
      length: [8, 8],
      decode: (r) => fromWire(checkOutput(r.u16()), r.u16()) as OutputAction,
      encode: ({ port, maxLength = 0 }, w) => void w.u16(port).u16(maxLength),
    },
    {
      ids: [of(since(OF11), 0)],
      length: [16, 16],
      decode: (r) => fromWire(checkOutput(wirePort(r.u32())), r.u16()) as OutputAction,
      encode: ({ port, maxLength = 0 }, w) => void w.u32(portTo32(port)).u16(maxLength).zeros(6),
    },
  ],
  format: ({ port }, ctx) => (port < OFPP.max ? `output:${formatOfport(port, ctx)}` : formatOfport(port)),
  parse: { output: parseOutput },
};

/** What `output:` may mean: a port, the port in a register, the controller, the first bytes of a packet. */
function parseOutput(argument: string, ctx: ActionParseContext): Action {
  const port = parseOfport(argument, ctx);
  if (port !== undefined) return port === OFPP.controller ? toController({}) : { kind: "output", port };
  const words = parseKeyValues(argument);
  const value = (key: string): string | undefined => words.find((w) => w.key === key)?.value;
  const [name, maxLength] = [value("port"), value("max_len")];
  if (name !== undefined && maxLength !== undefined) return parseTruncated(name, maxLength, ctx);
  try {
    return { kind: "output_reg", source: parseSubfield(argument), maxLength: 0xffff };
  } catch {
    throw new UserError(`${argument}: output to unknown port`);
  }
}

const truncatable: ReadonlySet<number> = new Set([OFPP.local, OFPP.inPort]);

function parseTruncated(name: string, length: string, ctx: ActionParseContext): OutputTruncated {
  const port = parseOfport(name, ctx);
  if (port === undefined) throw new UserError(`output to unknown truncate port: ${name}`);
  if (port >= OFPP.max && !truncatable.has(port)) throw new UserError(`output to unsupported truncate port: ${name}`);
  const maxLength = Number(length);
  if (!(maxLength >= LEAST_LENGTH)) throw new UserError(`max_len ${length} is less than the minimum value 14`);
  return { kind: "output_trunc", port, maxLength };
}

export const outputTruncated: ActionRow<OutputTruncated> = {
  kind: "output_trunc",
  wire: [
    {
      ids: [nx(always, 39)],
      length: [16, 16],
      decode: (r) => {
        const [port, maxLength] = [r.u16(), r.u32()];
        if (maxLength < LEAST_LENGTH) throw new OfpError("OFPBAC_BAD_ARGUMENT");
        return { kind: "output_trunc", port, maxLength };
      },
      encode: ({ port, maxLength }, w) => void w.u16(port).u32(maxLength),
    },
  ],
  format: ({ port, maxLength }, ctx) => `output(port=${formatOfport(port, ctx)},max_len=${maxLength})`,
  parse: {},
};

import { OfpError } from "../../ofp-error.js";
import { formatOfport, OFPP, type PortNames, portFrom32 } from "../../port-number.js";
import { between, OF10, OF11, OF12, OF13, OF14, only, since, type VersionRange } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import { readElements } from "../elements.js";
import { type MessageDecodeContext, type MessageForm, type MessageRow, ofpst, ofpt } from "../message.js";
import { readProperties, writeProperty } from "../property.js";
import { portOf, readPort, writePort } from "./wire-port.js";

/** All queues of a port. */
export const OFPQ_ALL = 0xffff_ffff;

/** Asks how queues are configured. */
export interface QueueConfigRequest {
  readonly kind: "queue_config_request";
  /** ANY for all, since OpenFlow 1.1. */
  readonly port: number;
  /** `OFPQ_ALL` for all; before OpenFlow 1.4 there is no other. */
  readonly queue: number;
}

/** How a queue is configured. */
export interface QueueConfig {
  /** OpenFlow 1.0 and 1.1 tell one port for all. */
  readonly port: number;
  readonly queue: number;
  /** In tenths of a percent of the port's rate; over 1000 is disabled. */
  readonly minRate?: number;
  readonly maxRate?: number;
}

/** How queues are configured. */
export interface QueueConfigReply {
  readonly kind: "queue_config_reply";
  /** The port that was asked for, before OpenFlow 1.4. */
  readonly port: number;
  readonly queues: readonly QueueConfig[];
}

const MULTIPART_TYPE = 15;
const MIN_RATE = 1;
const MAX_RATE = 2;
const HIGHEST_RATE = 1000;
const NO_RATE = 0xffff;

export const queueConfigRequest: MessageRow<QueueConfigRequest> = {
  kind: "queue_config_request",
  forms: [
    {
      name: "OFPT_QUEUE_GET_CONFIG_REQUEST",
      numbers: [ofpt(only(OF10), 20)],
      length: [4, 0],
      decode: (r, ctx) => {
        const port = readPort(r, ctx);
        if (port >= OFPP.max) throw new OfpError("OFPQOFC_BAD_PORT");
        return { kind: "queue_config_request", port, queue: OFPQ_ALL };
      },
      encode: ({ port }, w) => void w.u16(port).zeros(2),
    },
    {
      name: "OFPT_QUEUE_GET_CONFIG_REQUEST",
      numbers: [ofpt(between(OF11, OF13), 22)],
      length: [8, 0],
      decode: (r, ctx) => {
        const port = readPort(r, ctx);
        if (port >= OFPP.max && port !== OFPP.none) throw new OfpError("OFPQOFC_BAD_PORT");
        return { kind: "queue_config_request", port, queue: OFPQ_ALL };
      },
      encode: ({ port }, w, { version }) => {
        writePort(w, port, version);
        w.zeros(4);
      },
    },
    {
      name: "OFPST_QUEUE_DESC request",
      numbers: [ofpst("request", since(OF14), MULTIPART_TYPE)],
      length: [8, 0],
      decode: (r, ctx) => {
        return { kind: "queue_config_request", port: readPort(r, ctx), queue: r.u32() };
      },
      encode: ({ port, queue }, w, { version }) => {
        writePort(w, port, version);
        w.u32(queue);
      },
    },
  ],
  format: ({ port, queue }, ctx) => ` port=${formatOfport(port, ctx)}${queue === OFPQ_ALL ? "" : ` queue=${queue}`}`,
};

type Rates = Pick<QueueConfig, "minRate" | "maxRate">;

/** Some rates, the minimum first; 0xffff is none. */
function withRate({ minRate, maxRate }: Rates, type: number, wire: number): Rates {
  const rate = wire === NO_RATE ? undefined : wire;
  const min = type === MIN_RATE ? rate : minRate;
  const max = type === MAX_RATE ? rate : maxRate;
  return { ...(min !== undefined && { minRate: min }), ...(max !== undefined && { maxRate: max }) };
}

/** Properties before OpenFlow 1.4: type, length with the header, 4 bytes of padding, and a rate in 8 bytes. */
function readOldRates(r: WireReader): Rates {
  let rates: Rates = {};
  while (r.left > 0) {
    if (r.left < 8) throw new OfpError("OFPBRC_BAD_LEN");
    const type = r.u16();
    const length = r.u16();
    r.skip(4);
    if (length < 8 || length % 8 !== 0 || length - 8 > r.left) throw new OfpError("OFPBRC_BAD_LEN");
    const body = r.slice(length - 8);
    if (type !== MIN_RATE && type !== MAX_RATE) continue;
    if (length !== 16) throw new OfpError("OFPBRC_BAD_LEN");
    rates = withRate(rates, type, body.u16());
  }
  return rates;
}

function readOldQueue(r: WireReader, ctx: MessageDecodeContext, port: number): QueueConfig {
  const header = ctx.version < OF12 ? 8 : 16;
  if (r.left < header) throw new OfpError("OFPBRC_BAD_LEN");
  const queue = r.u32();
  const own = ctx.version >= OF12 ? portFrom32(r.u32()) : undefined;
  const length = r.u16();
  r.skip(header === 8 ? 2 : 6);
  if (length < header || length - header > r.left) throw new OfpError("OFPBRC_BAD_LEN");
  return { port: own ?? port, queue, ...readOldRates(r.slice(length - header)) };
}

const oldReply = (range: VersionRange, type: number, length: number): MessageForm<QueueConfigReply> => ({
  name: "OFPT_QUEUE_GET_CONFIG_REPLY",
  numbers: [ofpt(range, type)],
  length: [length, 8],
  decode: (r, ctx) => {
    const wide = ctx.version === OF10 ? r.u16() : r.u32();
    r.skip(ctx.version === OF10 ? 6 : 4);
    // Upstream looks at the port where there is a queue.
    const port = (): number => (ctx.version === OF10 ? wide : portOf(wide, ctx));
    const told = ctx.version === OF10 ? wide : (portFrom32(wide) ?? OFPP.none);
    return readQueues(r, ctx, told, () => readOldQueue(r, ctx, port()));
  },
  encode: ({ port, queues }, w, { version }) => {
    writePort(w, port, version);
    w.zeros(version === OF10 ? 6 : 4);
    for (const { queue, port: of, ...rates } of queues) {
      const start = w.length;
      w.u32(queue);
      if (version >= OF12) writePort(w, of, version);
      const lengthAt = w.length;
      w.u16(0).zeros(version < OF12 ? 2 : 6);
      for (const [type, rate] of listed(rates)) w.u16(type).u16(16).zeros(4).u16(rate).zeros(6);
      w.patch16(lengthAt, w.length - start);
    }
  },
});

const listed = ({ minRate, maxRate }: Rates): readonly (readonly [type: number, rate: number])[] => [
  ...(minRate === undefined ? [] : [[MIN_RATE, minRate] as const]),
  ...(maxRate === undefined ? [] : [[MAX_RATE, maxRate] as const]),
];

function readQueues(r: WireReader, ctx: MessageDecodeContext, port: number, read: () => QueueConfig): QueueConfigReply {
  const body = (queues: readonly QueueConfig[]): QueueConfigReply => ({ kind: "queue_config_reply", port, queues });
  return body(readElements(r, read, (before) => ctx.partial(body(before), before.length === 0 ? " " : "\n")));
}

const LEAST = 16;

const queueDesc: MessageForm<QueueConfigReply> = {
  name: "OFPST_QUEUE_DESC reply",
  numbers: [ofpst("reply", since(OF14), MULTIPART_TYPE)],
  length: [0, 8],
  decode: (r, ctx) =>
    readQueues(r, ctx, OFPP.none, () => {
      if (r.left < LEAST) throw new OfpError("OFPBRC_BAD_LEN");
      const port = readPort(r, ctx);
      const queue = r.u32();
      const rest = r.u16() - LEAST;
      r.skip(6);
      if (rest < 0 || rest > r.left || rest % 8 !== 0) throw new OfpError("OFPBRC_BAD_LEN");
      let rates: Rates = {};
      for (const { type, vendor, body } of readProperties(r.slice(rest))) {
        if (vendor !== 0 || (type !== MIN_RATE && type !== MAX_RATE)) continue;
        if (body.left < 2) throw new OfpError("OFPBPC_BAD_LEN");
        rates = withRate(rates, type, body.u16());
      }
      return { port, queue, ...rates };
    }),
  encode: ({ queues }, w, ctx) => {
    for (const { port, queue, ...rates } of queues) {
      ctx.element();
      const start = w.length;
      writePort(w, port, ctx.version);
      w.u32(queue).u16(0).zeros(6);
      for (const [type, rate] of listed(rates)) writeProperty(w, type, () => w.u16(rate).zeros(2));
      w.patch16(start + 8, w.length - start);
    }
  },
};

export const queueConfigReply: MessageRow<QueueConfigReply> = {
  kind: "queue_config_reply",
  forms: [oldReply(only(OF10), 21, 8), oldReply(between(OF11, OF13), 23, 8), queueDesc],
  format: ({ port, queues }, ctx) => {
    if (queues.length === 0) return "";
    // Before OpenFlow 1.4 upstream shows the port of the whole reply, whatever a queue says.
    const shown = ctx.version < OF14 ? queues.map((queue) => ({ ...queue, port })) : [...queues];
    shown.sort((a, b) => a.port - b.port || a.queue - b.queue);
    // Port 0 has no title: upstream begins as if it had been there.
    return ` ${shown.map((queue, i) => formatQueue(queue, shown[i - 1]?.port ?? 0, ctx)).join("\n")}`;
  },
};

function formatQueue(config: QueueConfig, before: number, names: PortNames): string {
  const title = config.port === before ? "" : `port=${formatOfport(config.port, names)}\n`;
  const rates = listed(config).map(([type, rate]) => ` ${type === MIN_RATE ? "min" : "max"}_rate:${formatRate(rate)}`);
  return `${title}queue ${config.queue}:${rates.join("")}`;
}

const formatRate = (rate: number): string =>
  rate <= HIGHEST_RATE ? `${Math.floor(rate / 10)}.${rate % 10}%` : "(disabled)";

import { OfpError } from "../../ofp-error.js";
import { formatOfport, OFPP } from "../../port-number.js";
import { always, between, OF10, OF12, OF13, OF14, only, since, type VersionRange } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { readElements } from "../elements.js";
import {
  type MessageDecodeContext,
  type MessageEncodeContext,
  type MessageForm,
  type MessageRow,
  ofpst,
} from "../message.js";
import {
  type Counter,
  type Duration,
  formatCounter,
  formatDuration,
  readCounter,
  readDuration,
  writeCounter,
  writeDuration,
} from "./counters.js";
import { OFPQ_ALL } from "./queue-config.js";
import { readPort, writePort } from "./wire-port.js";

/** Asks for the counters of queues. */
export interface QueueStatsRequest {
  readonly kind: "queue_stats_request";
  /** ANY for all, which OpenFlow 1.0 says as ALL. */
  readonly port: number;
  /** `OFPQ_ALL` for all. */
  readonly queue: number;
}

/** The counters of a queue. */
export interface QueueStats {
  readonly port: number;
  readonly queue: number;
  readonly txBytes: Counter;
  readonly txPackets: Counter;
  readonly txErrors: Counter;
  /** How long it has been there; in OpenFlow 1.3 and later. */
  readonly duration: Duration | undefined;
}

/** The counters of queues. */
export interface QueueStatsReply {
  readonly kind: "queue_stats_reply";
  readonly queues: readonly QueueStats[];
}

const TYPE = 5;
/** Bytes of a queue's counters since OpenFlow 1.4, before properties. */
const LEAST = 48;

const formatQueue = (queue: number): string => (queue === OFPQ_ALL ? "ALL" : String(queue));

export const queueStatsRequest: MessageRow<QueueStatsRequest> = {
  kind: "queue_stats_request",
  forms: [
    {
      name: "OFPST_QUEUE request",
      numbers: [ofpst("request", always, TYPE)],
      length: [8, 0],
      decode: (r, ctx) => {
        const port = readPort(r, ctx);
        if (ctx.version === OF10) r.skip(2);
        const any = ctx.version === OF10 && port === OFPP.all ? OFPP.none : port;
        return { kind: "queue_stats_request", port: any, queue: r.u32() };
      },
      encode: ({ port, queue }, w, { version }) => {
        writePort(w, version === OF10 && port === OFPP.none ? OFPP.all : port, version);
        if (version === OF10) w.zeros(2);
        w.u32(queue);
      },
    },
  ],
  format: ({ port, queue }, ctx) => ` port=${formatOfport(port, ctx)} queue=${formatQueue(queue)}`,
};

const reply = (range: VersionRange, unit: number): MessageForm<QueueStatsReply> => ({
  name: "OFPST_QUEUE reply",
  numbers: [ofpst("reply", range, TYPE)],
  length: [0, unit],
  decode: (r, ctx) => {
    const body = (queues: readonly QueueStats[]): QueueStatsReply => ({ kind: "queue_stats_reply", queues });
    return body(
      readElements(
        r,
        () => readQueueStats(r, ctx),
        (before) => ctx.partial(body(before)),
      ),
    );
  },
  encode: ({ queues }, w, ctx) => {
    for (const stats of queues) {
      ctx.element();
      writeQueueStats(stats, w, ctx);
    }
  },
});

function readQueueStats(r: WireReader, ctx: MessageDecodeContext): QueueStats {
  const { version } = ctx;
  let rest = 0;
  if (version >= OF14) {
    if (r.left < LEAST) throw new OfpError("OFPBRC_BAD_LEN");
    rest = r.u16() - LEAST;
    r.skip(6);
    if (rest < 0 || rest > r.left - (LEAST - 8)) throw new OfpError("OFPBRC_BAD_LEN");
  }
  const port = readPort(r, ctx);
  if (version === OF10) r.skip(2);
  const queue = r.u32();
  const counters = { txBytes: readCounter(r), txPackets: readCounter(r), txErrors: readCounter(r) };
  const duration = version >= OF13 ? readDuration(r) : undefined;
  // Upstream looks at no property here.
  r.skip(rest);
  return { port, queue, ...counters, duration };
}

function writeQueueStats(stats: QueueStats, w: WireWriter, { version }: MessageEncodeContext): void {
  if (version >= OF14) w.u16(LEAST).zeros(6);
  writePort(w, stats.port, version);
  if (version === OF10) w.zeros(2);
  w.u32(stats.queue);
  for (const counter of [stats.txBytes, stats.txPackets, stats.txErrors]) writeCounter(w, counter);
  if (version >= OF13) writeDuration(w, stats.duration);
}

export const queueStatsReply: MessageRow<QueueStatsReply> = {
  kind: "queue_stats_reply",
  forms: [reply(between(OF10, OF12), 32), reply(only(OF13), 40), reply(since(OF14), 8)],
  format: ({ queues }, ctx) => {
    const shown = ctx.verbosity < 1 ? [] : queues;
    const lines = shown.map((stats) => {
      const counters = [
        `bytes=${formatCounter(stats.txBytes)}`,
        `pkts=${formatCounter(stats.txPackets)}`,
        `errors=${formatCounter(stats.txErrors)}`,
        `duration=${stats.duration === undefined ? "?" : formatDuration(stats.duration)}`,
      ];
      return `  port ${formatOfport(stats.port, ctx)} queue ${formatQueue(stats.queue)}: ${counters.join(", ")}`;
    });
    return [` ${queues.length} queues`, ...lines].join("\n");
  },
};

import { OfpError } from "../../ofp-error.js";
import { formatOfport, type PortNames } from "../../port-number.js";
import { between, OF10, OF11, OF12, OF13, OF14, only, since, type VersionRange } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { readElements } from "../elements.js";
import { type MessageDecodeContext, type MessageForm, type MessageRow, ofpst } from "../message.js";
import { type OtherProperty, readProperties, writeOtherProperties, writeProperty } from "../property.js";
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
import {
  type CustomStats,
  formatCustomStats,
  formatRfc2819,
  INTEL,
  intelProperties,
  type Rfc2819,
  readCustomStats,
  readRfc2819,
  writeCustomStats,
  writeRfc2819,
} from "./port-stats-intel.js";
import { portOf, readPort, writePort } from "./wire-port.js";

/** Asks for the counters of a port, or of all for ANY. */
export interface PortStatsRequest {
  readonly kind: "port_stats_request";
  readonly port: number;
}

/** Names of a port's counters, in the order of the wire. */
const names = [
  "rxPackets",
  "txPackets",
  "rxBytes",
  "txBytes",
  "rxDropped",
  "txDropped",
  "rxErrors",
  "txErrors",
] as const;
const ethernetNames = ["rxFrameErrors", "rxOverErrors", "rxCrcErrors", "collisions"] as const;

type CounterName = (typeof names)[number] | (typeof ethernetNames)[number];

/** The counters of a port. */
export interface PortStats extends Readonly<Record<CounterName, Counter>> {
  readonly port: number;
  /** How long it has been there; in OpenFlow 1.3 and later. */
  readonly duration: Duration | undefined;
  /** Since OpenFlow 1.4, of sizes of packets and such. */
  readonly rfc2819?: Rfc2819;
  /** Since OpenFlow 1.4, of a device's own. */
  readonly custom?: CustomStats;
  /** Properties of OpenFlow 1.4 and later that are not understood here. */
  readonly others?: readonly OtherProperty[];
}

/** The counters of ports. */
export interface PortStatsReply {
  readonly kind: "port_stats_reply";
  readonly ports: readonly PortStats[];
}

const TYPE = 4;
const ETHERNET = 0;
const ETHERNET_LENGTH = 36;
/** Bytes before the properties. */
const LEAST = 80;

const request = (range: VersionRange, length: number): MessageForm<PortStatsRequest> => ({
  name: "OFPST_PORT request",
  numbers: [ofpst("request", range, TYPE)],
  length: [length, 0],
  decode: (r, ctx) => ({ kind: "port_stats_request", port: readPort(r, ctx) }),
  encode: ({ port }, w, { version }) => {
    writePort(w, port, version);
    w.zeros(version === OF10 ? 6 : 4);
  },
});

export const portStatsRequest: MessageRow<PortStatsRequest> = {
  kind: "port_stats_request",
  forms: [request(only(OF10), 8), request(since(OF11), 8)],
  format: ({ port }, ctx) => ` port_no=${formatOfport(port, ctx)}`,
};

function readCounters<N extends CounterName>(r: WireReader, list: readonly N[]): Record<N, Counter> {
  const found = {} as Record<N, Counter>;
  for (const name of list) found[name] = readCounter(r);
  return found;
}

function writeCounters(w: WireWriter, stats: PortStats, list: readonly CounterName[]): void {
  for (const name of list) writeCounter(w, stats[name]);
}

const fixed = (range: VersionRange, length: number): MessageForm<PortStatsReply> => ({
  name: "OFPST_PORT reply",
  numbers: [ofpst("reply", range, TYPE)],
  length: [0, length],
  decode: (r, ctx) => readAll(r, ctx, readFixed),
  encode: ({ ports }, w, ctx) => {
    for (const stats of ports) {
      ctx.element();
      writePort(w, stats.port, ctx.version);
      w.zeros(ctx.version === OF10 ? 6 : 4);
      writeCounters(w, stats, names);
      writeCounters(w, stats, ethernetNames);
      if (ctx.version === OF13) writeDuration(w, stats.duration);
    }
  },
});

type ReadPortStats = (r: WireReader, ctx: MessageDecodeContext) => PortStats;

function readAll(r: WireReader, ctx: MessageDecodeContext, read: ReadPortStats): PortStatsReply {
  const body = (ports: readonly PortStats[]): PortStatsReply => ({ kind: "port_stats_reply", ports });
  return body(
    readElements(
      r,
      () => read(r, ctx),
      (before) => ctx.partial(body(before)),
    ),
  );
}

const readFixed: ReadPortStats = (r, ctx) => {
  const port = readPort(r, ctx);
  r.skip(ctx.version === OF10 ? 6 : 4);
  const counters = { ...readCounters(r, names), ...readCounters(r, ethernetNames) };
  return { port, duration: ctx.version === OF13 ? readDuration(r) : undefined, ...counters };
};

const readWithProperties: ReadPortStats = (r, ctx) => {
  if (r.left < LEAST) throw new OfpError("OFPBRC_BAD_LEN");
  const rest = r.u16() - LEAST;
  r.skip(2);
  const wide = r.u32();
  const duration = readDuration(r);
  const counters = readCounters(r, names);
  if (rest < 0 || rest > r.left) throw new OfpError("OFPBRC_BAD_LEN");
  const port = portOf(wide, ctx);
  let ethernet: Record<(typeof ethernetNames)[number], Counter> = none;
  let rfc2819: Rfc2819 | undefined;
  let custom: CustomStats | undefined;
  const others: OtherProperty[] = [];
  for (const property of readProperties(r.slice(rest))) {
    const { type, vendor, subtype, body } = property;
    if (type === ETHERNET) {
      if (body.left !== ETHERNET_LENGTH) throw new OfpError("OFPBPC_BAD_LEN");
      body.skip(4);
      ethernet = readCounters(body, ethernetNames);
    } else if (vendor === INTEL && subtype === intelProperties.rfc2819) rfc2819 = readRfc2819(body);
    else if (vendor === INTEL && subtype === intelProperties.custom) {
      // Upstream shows neither where there are two.
      custom = custom === undefined ? readCustomStats(body) : [];
    } else others.push(property.other());
  }
  return {
    port,
    duration,
    ...counters,
    ...ethernet,
    ...(rfc2819 !== undefined && { rfc2819 }),
    ...(custom !== undefined && { custom }),
    ...(others.length > 0 && { others }),
  };
};

const none = { rxFrameErrors: undefined, rxOverErrors: undefined, rxCrcErrors: undefined, collisions: undefined };

const withProperties: MessageForm<PortStatsReply> = {
  name: "OFPST_PORT reply",
  numbers: [ofpst("reply", since(OF14), TYPE)],
  length: [0, 8],
  decode: (r, ctx) => readAll(r, ctx, readWithProperties),
  encode: ({ ports }, w, ctx) => {
    for (const stats of ports) {
      ctx.element();
      const start = w.length;
      w.u16(0).zeros(2);
      writePort(w, stats.port, ctx.version);
      writeDuration(w, stats.duration);
      writeCounters(w, stats, names);
      writeProperty(w, ETHERNET, () => {
        w.zeros(4);
        writeCounters(w, stats, ethernetNames);
      });
      if (stats.rfc2819 !== undefined) writeRfc2819(w, stats.rfc2819);
      if (stats.custom !== undefined) writeCustomStats(w, stats.custom);
      writeOtherProperties(w, stats.others);
      w.patch16(start, w.length - start);
    }
  },
};

export const portStatsReply: MessageRow<PortStatsReply> = {
  kind: "port_stats_reply",
  forms: [fixed(between(OF10, OF12), 104), fixed(only(OF13), 112), withProperties],
  format: ({ ports }, ctx) => {
    const lines = ctx.verbosity < 1 ? [] : ports.flatMap((stats) => formatPortStats(stats, ctx));
    return [` ${ports.length} ports`, ...lines].join("\n");
  },
};

/** The lines of one port, as `ovs-ofctl dump-ports` prints them. */
function formatPortStats(stats: PortStats, portNames: PortNames): string[] {
  const port = formatOfport(stats.port, portNames);
  const part = (label: string, name: CounterName): string => `${label}=${formatCounter(stats[name])}`;
  const rx = [
    part("pkts", "rxPackets"),
    part("bytes", "rxBytes"),
    part("drop", "rxDropped"),
    part("errs", "rxErrors"),
    part("frame", "rxFrameErrors"),
    part("over", "rxOverErrors"),
    part("crc", "rxCrcErrors"),
  ];
  const tx = [
    part("pkts", "txPackets"),
    part("bytes", "txBytes"),
    part("drop", "txDropped"),
    part("errs", "txErrors"),
    part("coll", "collisions"),
  ];
  return [
    `  port ${stats.port < 10 ? " " : ""}${port}: rx ${rx.join(", ")}`,
    `           tx ${tx.join(", ")}`,
    ...(stats.duration === undefined ? [] : [`           duration=${formatDuration(stats.duration)}`]),
    ...(stats.rfc2819 === undefined ? [] : formatRfc2819(stats.rfc2819)),
    ...(stats.custom === undefined ? [] : formatCustomStats(stats.custom)),
  ];
}

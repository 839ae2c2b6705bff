import { extractKey } from "#flow/extract.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { type Layers, newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { HEADER_LENGTH, readHeader } from "#openflow/header.js";
import { formatFlow } from "#openflow/match-text.js";
import { plainHexDump } from "#openflow/messages/hex-dump.js";
import { OFPP } from "#openflow/port-number.js";
import { u16, u32 } from "#util/big-endian.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import { formatIpv4 } from "#util/ip.js";
import { strftime } from "#util/strftime.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { PcapError, type PcapRecord, readPcap } from "#wire/pcap-reader.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";
import { printMessage } from "./print-message.js";
import { type Segment, TcpStreams } from "./tcp-streams.js";

/** Upstream's status where a file ends too early. */
const EOF_STATUS = 255;
const SYN = 2;
const FIN_OR_RST = 1 | 4;

/** A file that cannot be read, or no longer: what is said, and the status. */
class CaptureEnd {
  readonly text: string;
  readonly status: number;
  constructor(text: string, status: number) {
    this.text = text;
    this.status = status;
  }
}

function endOf(error: unknown, context: OfctlContext): CaptureEnd {
  if (error instanceof HostError) return new CaptureEnd(errnoText(error.code), errnoNumber(error.code));
  if (!(error instanceof PcapError)) throw error;
  context.log.module("pcap").warn(error.message);
  if (error.header !== undefined) context.io.stdout(plainHexDump(error.header));
  return error.error === "EOF"
    ? new CaptureEnd("End of file", EOF_STATUS)
    : new CaptureEnd(errnoText("EPROTO"), errnoNumber("EPROTO"));
}

/** The frames of a capture file; where it cannot be opened, why. */
function openCapture(name: string, context: OfctlContext): Generator<PcapRecord> | CaptureEnd {
  try {
    return readPcap(context.io.host.files.read(context.absolute(name)));
  } catch (error) {
    const end = endOf(error, context);
    if (error instanceof HostError) {
      const what =
        error.code === "EISDIR" ? "failed to read pcap header" : `${name}: failed to open pcap file for reading`;
      context.log.module("pcap").warn(error.code === "EISDIR" ? `${what}: ${end.text}` : `${what} (${end.text})`);
    }
    return end;
  }
}

/** Runs `take` on each frame; gives why reading ended, undefined where the file was read to its end. */
function eachFrame(
  frames: Generator<PcapRecord>,
  context: OfctlContext,
  take: (record: PcapRecord) => void,
): CaptureEnd | undefined {
  try {
    for (const record of frames) take(record);
    return undefined;
  } catch (error) {
    return endOf(error, context);
  }
}

function complain(text: string, { io }: OfctlContext): void {
  io.stderr(`ovs-ofctl: ${text}\n`);
}

const parsePcap: OfctlCommand = {
  name: "parse-pcap",
  usage: "",
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  readOnly: true,
  run: (names, context) => {
    let status = 0;
    for (const name of names) {
      const frames = openCapture(name, context);
      if (frames instanceof CaptureEnd) {
        complain(`${name}: open failed (${frames.text})`, context);
        status = frames.status;
        continue;
      }
      const end = eachFrame(frames, context, ({ frame }) => printFlow(frame, context));
      if (end !== undefined && end.status !== EOF_STATUS) {
        complain(`${name}: read failed (${end.text})`, context);
        status = end.status;
      }
    }
    return status;
  },
};

function printFlow(frame: Uint8Array, { io, settings }: OfctlContext): void {
  const key = newKey();
  key[W.inPort] = OFPP.none;
  extractKey(frame, 0, frame.length, key, key, newLayers());
  const flow = formatFlow(key);
  io.stdout(settings.json ? `${JSON.stringify({ flow })}\n` : `${flow}\n`);
}

/** Ports on which OpenFlow is looked for. */
const PORTS: readonly number[] = [6653, 6633];

const ofpParsePcap: OfctlCommand = {
  name: "ofp-parse-pcap",
  usage: "pcap",
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  readOnly: true,
  run: ([name = "", ...words], context) => {
    const frames = openCapture(name, context);
    if (frames instanceof CaptureEnd) {
      complain(`${name}: open failed (${frames.text})`, context);
      return 1;
    }
    const ports = words.length === 0 ? PORTS : words.map((word) => Number.parseInt(word, 10));
    const printer = new CapturePrinter(ports, context);
    eachFrame(frames, context, (record) => printer.frame(record));
    return 0;
  },
};

/** Prints the messages in the streams of a capture. */
class CapturePrinter {
  readonly #ports: readonly number[];
  readonly #context: OfctlContext;
  readonly #streams: TcpStreams = new TcpStreams();
  readonly #layers: Layers = newLayers();
  #isFirst = true;

  constructor(ports: readonly number[], context: OfctlContext) {
    this.#ports = ports;
    this.#context = context;
  }

  frame({ frame, time }: PcapRecord): void {
    const key = newKey();
    extractKey(frame, 0, frame.length, key, key, this.#layers);
    const segment = segmentOf(frame, key, this.#layers, this.#ports);
    if (segment === undefined) return;
    const { settings } = this.#context;
    let pending = this.#streams.receive(segment);
    let taken = 0;
    while (pending.length >= HEADER_LENGTH) {
      const { length } = readHeader(pending);
      // A length that cannot be is never taken, nor is what follows.
      if (length < HEADER_LENGTH || length > pending.length) break;
      this.#title(segment.stream, time);
      printMessage(pending.slice(0, length), this.#context, settings.verbosity + 1);
      pending = pending.subarray(length);
      taken += length;
    }
    this.#streams.take(segment.stream, taken);
  }

  #title(stream: string, time: number): void {
    const { io, settings } = this.#context;
    if (settings.json) return;
    const stamp = settings.timestamp ? `${formatTimeOfDay(time)} ` : "";
    io.stdout(`${this.#isFirst ? "" : "\n"}${stamp}${stream}:\n`);
    this.#isFirst = false;
  }
}

/** `23:59:59.999`, UTC. */
function formatTimeOfDay(time: number): string {
  return `${strftime("%H:%M:%S", time, true)}.${String(Math.floor(time) % 1000).padStart(3, "0")}`;
}

/** The segment of TCP over IPv4 in a frame, where one of its ports is among these. */
function segmentOf(
  frame: Uint8Array,
  key: FlowKey,
  { l3, l4, payload, end }: Layers,
  ports: readonly number[],
): Segment | undefined {
  if (key[W.ethType] !== EtherType.ipv4 || (key[W.nw]! & 0xff) !== IpProtocol.tcp || payload < 0) return undefined;
  const flags = frame[l4 + 13]!;
  const [source, target] = [u16(frame, l4), u16(frame, l4 + 2)];
  if (!ports.includes(source) && !ports.includes(target)) return undefined;
  return {
    stream: `${formatIpv4(u32(frame, l3 + 12))}.${source} > ${formatIpv4(u32(frame, l3 + 16))}.${target}`,
    sequence: u32(frame, l4 + 4),
    begins: (flags & SYN) !== 0,
    ends: (flags & FIN_OR_RST) !== 0,
    data: frame.subarray(payload, end),
  };
}

/** Commands that read capture files. */
export const pcapCommands: readonly OfctlCommand[] = [ofpParsePcap, parsePcap];

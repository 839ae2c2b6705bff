import { UserError } from "#util/errors.js";
import { unhex } from "#util/hex.js";
import { parseCtStates } from "../traces/trace-conntrack.js";

/** The arguments of `ofproto/trace` and `ofproto/trace-packet-out`, sorted. */
export interface TraceArguments {
  /** What stands before the flow: a bridge or a datapath. Undefined where nothing does. */
  readonly place: string | undefined;
  readonly flow: string;
  /** The bytes given. */
  readonly packet: Uint8Array | undefined;
  /** A packet is to be made of the flow. */
  readonly generate: boolean;
  /** Of a packet that is made: what it carries. */
  readonly payload: Uint8Array | undefined;
  /** Ports go by their names. */
  readonly names: boolean;
  /** Actions that the packet does not fit are refused. */
  readonly consistent: boolean;
  /** States of connections, by `--ct-next`: of the first packet that comes back, of the second, …. */
  readonly ctNext: readonly number[];
}

/** A packet that is made carries so much at most. */
const LONGEST_PAYLOAD = 64_000;
/** The least that is a packet. */
const ETHERNET_HEADER = 14;

/** Sorts arguments; `mayBeConsistent` where there are actions. Throws `UserError` in upstream's words. */
export function readTraceArguments(args: readonly string[], mayBeConsistent: boolean): TraceArguments {
  const words: string[] = [];
  const ctNext: number[] = [];
  let [generate, names, consistent] = [false, false, false];
  let payload: Uint8Array | undefined;
  for (let i = 0; i < args.length; i++) {
    const option = args[i]!;
    if (!option.startsWith("-")) {
      words.push(option);
      continue;
    }
    const value = (): string => {
      const next = args[++i];
      if (next === undefined) throw new UserError(`Missing argument for option ${option}`);
      return next;
    };
    if (option === "-generate" || option === "--generate") generate = true;
    else if (option === "--names") names = true;
    else if (option === "--no-names") names = false;
    else if (option === "--l7") payload = parsePacketBytes(value());
    else if (option === "--l7-len") payload = payloadOf(value());
    else if (option === "--ct-next") ctNext.push(parseCtStates(value()));
    else if (mayBeConsistent && (option === "-consistent" || option === "--consistent")) consistent = true;
    else throw new UserError(`${option}: unknown option`);
  }
  const { place, flow, packet } = sortWords(words, generate);
  return { place, flow, packet, generate, payload, names, consistent, ctNext };
}

function sortWords(words: readonly string[], generate: boolean): Pick<TraceArguments, "place" | "flow" | "packet"> {
  const [first, second, third] = words;
  if (words.length > 3) throw new UserError("too many arguments");
  if (first === undefined || (third !== undefined && generate)) throw new UserError("Syntax error");
  if (second === undefined) return { place: undefined, flow: first, packet: undefined };
  if (third !== undefined) return { place: first, flow: second, packet: parsePacket(third) };
  const packet = generate || NOT_HEX.test(second) ? undefined : unhex(withoutBlanks(second));
  return packet !== undefined && packet.length >= ETHERNET_HEADER
    ? { place: undefined, flow: first, packet }
    : { place: first, flow: second, packet: undefined };
}

const NOT_HEX = /[^0-9a-fA-F\s]/;
const withoutBlanks = (text: string): string => text.replaceAll(/\s/g, "");

function parsePacketBytes(text: string): Uint8Array {
  const bytes = unhex(withoutBlanks(text));
  if (bytes === undefined) throw new UserError("Trailing garbage in packet data");
  return bytes;
}

function parsePacket(text: string): Uint8Array {
  const packet = parsePacketBytes(text);
  if (packet.length < ETHERNET_HEADER) throw new UserError("Packet data too short for Ethernet");
  return packet;
}

/** So many bytes: 0, 1, 2, …. A text that is no number is 0, as upstream has it. */
function payloadOf(text: string): Uint8Array {
  const length = Number.parseInt(text, 10) || 0;
  if (length < 0 || length > LONGEST_PAYLOAD) throw new UserError(`${text}: too much L7 data`);
  return Uint8Array.from({ length }, (_, i) => i);
}

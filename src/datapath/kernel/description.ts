import { counterRow, FORWARD_SLOTS, processorRow, sentRow } from "#bpf/forward/layout.js";
import type { ForwardMaps, LeftLayout, SentPackets } from "#host/forward-maps.js";
import type { Device } from "../device.js";

/** A port as it is written down. */
export interface DescribedPort {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  /** Where it is counted what goes to its guest directly, on which device, and how much that was before. */
  readonly sent?: (SentPackets & { readonly slot: number; readonly ifindex: number }) | undefined;
}

/** Packets that found a flow, that found none, and that could not be told of. */
export interface Lookups {
  readonly hits: number;
  readonly misses: number;
  readonly lost: number;
}

/** What is written down of a datapath beside its flows' records: enough to read its maps, whatever program they are of. */
export interface DatapathDescription extends LeftLayout {
  /** Of another number nothing is to be read. */
  readonly version: typeof VERSION;
  readonly ports: readonly DescribedPort[];
  /** Where totals of packets that found a flow, and of masks tried for that, are in a processor's row. */
  readonly totals: { readonly packets: number; readonly masksTried: number };
  /** All lookups when this was written, and how many packets had found a flow in the maps by then. */
  readonly lookups: Lookups & { readonly packets: number };
}

const VERSION = 1;
/** The greatest number that a port may have. */
const MOST_PORT = 65534;

export function formatDescription(
  { processors, flows, processorRows }: Pick<ForwardMaps, "processors" | "flows" | "processorRows">,
  ports: ReadonlyMap<number, Device>,
  { hits, misses, lost }: Lookups,
  sent: (number: number) => DescribedPort["sent"] = () => undefined,
): string {
  let packets = 0;
  for (let cpu = 0; cpu < processors; cpu++) {
    packets += Number(processorRows.getBigUint64(cpu * processorRow.size + processorRow.packets, true));
  }
  const description: DatapathDescription = {
    version: VERSION,
    processors,
    rows: flows,
    counter: counterRow,
    processor: processorRow,
    sent: { ...sentRow, slots: FORWARD_SLOTS },
    ports: [...ports].map(([number, { name, type }]) => ({ number, name, type, sent: sent(number) })),
    totals: { packets: processorRow.packets, masksTried: processorRow.masksTried },
    lookups: { hits, misses, lost, packets },
  };
  return JSON.stringify(description);
}

/** Undefined where it is of another version, or nothing that has been written whole. */
export function parseDescription(text: string): DatapathDescription | undefined {
  try {
    const description: unknown = JSON.parse(text);
    return isDescription(description) ? description : undefined;
  } catch {
    return undefined;
  }
}

/** What a description says in numbers, each of them a count or an offset. */
const numbers: readonly (readonly [keyof DatapathDescription, readonly string[]])[] = [
  ["counter", ["packets", "bytes", "used", "tcpFlags", "size"]],
  ["processor", ["running", "size"]],
  ["sent", ["slots", "packets", "bytes", "size"]],
  ["totals", ["packets", "masksTried"]],
];

function isDescription(value: unknown): value is DatapathDescription {
  if (!isRecord(value) || value["version"] !== VERSION || !hasCounts(value, ["processors", "rows"])) return false;
  const { ports, lookups } = value;
  return (
    isRecord(lookups) &&
    ["hits", "misses", "lost", "packets"].every((field) => Number.isFinite(lookups[field])) &&
    numbers.every(([name, fields]) => hasCounts(value[name], fields)) &&
    Array.isArray(ports) &&
    ports.every(isPort)
  );
}

function isPort(value: unknown): boolean {
  if (!isRecord(value) || typeof value["name"] !== "string" || typeof value["type"] !== "string") return false;
  const { sent } = value;
  const isSentWhole = sent === undefined || hasCounts(sent, ["packets", "bytes", "slot", "ifindex"]);
  return isSentWhole && hasCounts(value, ["number"]) && (value["number"] as number) <= MOST_PORT;
}

function hasCounts(value: unknown, fields: readonly string[]): boolean {
  return (
    isRecord(value) && fields.every((field) => Number.isSafeInteger(value[field]) && (value[field] as number) >= 0)
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

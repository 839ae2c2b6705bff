import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Datapath, DatapathPort } from "../datapath.js";
import type { Datapaths } from "../datapaths.js";
import type { Device } from "../device.js";
import { isFrameDevice } from "../devices/frame-device.js";
import { isTunnelDevice } from "../devices/tunnel-device.js";
import { type EngineChoice, engineOf, kernelTableOf } from "../doctor/engine-of.js";
import { isKernelTunnel } from "../kernel/encode-tunnel.js";
import type { MapFill } from "../kernel/kernel-flow.js";
import type { KernelTable } from "../kernel/kernel-table.js";
import { COUNTERS, Counter, readDrops } from "../userspace/counters.js";
import type { UserspaceDatapath } from "../userspace/userspace-datapath.js";

/** Packets, by what came of them in one place. */
type PlaceCounts = { readonly received: number; readonly sent: number; readonly drops: { [reason: string]: number } };

type KernelPart = {
  readonly fill: { readonly [K in keyof MapFill]: { readonly used: number; readonly room: number } };
  /** Flows that are not in the kernel, by reason; most first. */
  readonly elsewhere: readonly { readonly reason: string; readonly flows: number }[];
  /** What the kernel forwarded by itself, and what went through threads. */
  readonly packets: { readonly kernel: PlaceCounts; readonly threads: PlaceCounts };
  readonly ports: readonly {
    readonly number: number;
    readonly name: string;
    readonly type: string;
    /** Its packets meet the program. */
    readonly inKernel: boolean;
    /** Where they come from otherwise. */
    readonly reason: string;
    /** Packets that came faster than the thread took them. */
    readonly lost: number;
  }[];
};

type ShownEngine = EngineChoice & { readonly datapath: string; readonly kernel: KernelPart | null };

function countsOf(counters: Float64Array): PlaceCounts {
  const [received, sent] = [counters[Counter.received]!, counters[Counter.sent]!];
  return { received, sent, drops: Object.fromEntries(readDrops(counters)) };
}

/** Why a port's packets do not meet the program; empty where they do. */
function threadReason(device: Device): string {
  if (isTunnelDevice(device))
    return isKernelTunnel(device.tunnel.protocol) ? "" : "the program does not know its headers";
  if (!isFrameDevice(device)) return "no device of the host";
  const { frames } = device;
  if (frames.kind !== "capture") return `its packets come from ${frames.kind === "tap" ? "a TAP" : frames.kind}`;
  return frames.input === "ring" ? "" : "its packets come from a packet socket";
}

function showPort(dp: UserspaceDatapath, { number, name, type, device }: DatapathPort): KernelPart["ports"][number] {
  const reason = threadReason(device);
  const lost = dp.portDrops(number).get("datapath_drop_rx_full") ?? 0;
  return { number, name, type, inKernel: reason === "", reason, lost };
}

function kernelPart(dp: UserspaceDatapath, table: KernelTable): KernelPart {
  const inKernel = new Float64Array(COUNTERS);
  table.addTo(inKernel);
  const threads = dp.engine.counters.map((count, i) => count - inKernel[i]!);
  return {
    fill: { ...table.fill() },
    elsewhere: [...table.reasons()].sort(([, a], [, b]) => b - a).map(([reason, flows]) => ({ reason, flows })),
    packets: { kernel: countsOf(inKernel), threads: countsOf(threads) },
    ports: [...dp.ports()].map((port) => showPort(dp, port)),
  };
}

function showEngine(dp: Datapath): ShownEngine {
  const table = kernelTableOf(dp);
  return {
    datapath: `${dp.type}@${dp.name}`,
    ...engineOf(dp),
    kernel: table ? kernelPart(dp as UserspaceDatapath, table) : null,
  };
}

function formatCounts(place: string, { received, sent, drops }: PlaceCounts): string[] {
  const lines = Object.entries(drops).map(([reason, count]) => `      ${reason}:${count}`);
  return [`    ${place} received:${received} sent:${sent}`, ...lines];
}

function formatKernel({ fill, elsewhere, packets, ports }: KernelPart): string[] {
  const others = elsewhere.reduce((sum, { flows }) => sum + flows, 0);
  return [
    `  flows: in the kernel:${fill.flows.used} (room for ${fill.flows.room}) elsewhere:${others}`,
    ...elsewhere.map(({ reason, flows }) => `    ${flows}: ${reason}`),
    `  masks: ${fill.masks.used} (room for ${fill.masks.room})`,
    `  actions: ${fill.actions.used} units (room for ${fill.actions.room})`,
    `  sets of ports: ${fill.sets.used} (room for ${fill.sets.room})`,
    "  packets:",
    ...formatCounts("by the kernel:", packets.kernel),
    ...formatCounts("by threads:", packets.threads),
    "  ports:",
    ...ports.map(({ number, name, type, inKernel, reason, lost }) => {
      const shown = type === "system" ? name : `${name} (${type})`;
      return `    port ${number}: ${shown}: ${inKernel ? "kernel" : `threads, ${reason}`}${lost > 0 ? `, lost:${lost}` : ""}`;
    }),
  ];
}

function formatEngine({ datapath, engine, reason, kernel }: ShownEngine): string {
  const lines = [`${datapath}:`, `  engine: ${engine}${reason === "" ? "" : ` (${reason})`}`];
  return `${[...lines, ...(kernel ? formatKernel(kernel) : [])].join("\n")}\n`;
}

/** `dpif-ebpf/show`: what of datapaths is in the kernel, and what is not, and why. A datapath may be named by one of its bridges. */
export function dpifEbpfShow(
  datapaths: Datapaths,
  ofBridge: (name: string) => Datapath | undefined,
): AppctlCommand<readonly ShownEngine[]> {
  const find = (name: string): Datapath => {
    const named = ofBridge(name) ?? datapaths.all().find((dp) => name === `${dp.type}@${dp.name}` || name === dp.name);
    if (named === undefined) throw new UserError(`no bridge or datapath ${name}`);
    return named;
  };
  return {
    name: "dpif-ebpf/show",
    usage: "[bridge|dp]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => (name === undefined ? datapaths.all() : [find(name)]).map(showEngine),
    text: (shown) => shown.map(formatEngine).join(""),
  };
}

import { readdirSync, readFileSync } from "node:fs";
import * as sys from "./syscalls.js";

/** Bytes of a set of CPUs. */
const SIZE = 128;

/** Where this thread could run before it was first pinned. */
let before: Uint8Array | undefined;

function allowed(): Uint8Array {
  const set = new Uint8Array(SIZE);
  sys.check(sys.schedGetAffinity(0, SIZE, set), "sched_getaffinity");
  return set;
}

/** Has the calling thread run on one core, or where it could before it was pinned. Throws `HostError`. */
export function pinThread(core: number | undefined): void {
  before ??= allowed();
  const set = core === undefined ? before : new Uint8Array(SIZE);
  if (core !== undefined) set[core >> 3] = 1 << (core & 7);
  sys.check(sys.schedSetAffinity(0, SIZE, set), `core ${core ?? "any"}`);
}

/** The cores that this process may run on, with their NUMA nodes; node 0 where the host does not say. */
export function usableCores(): { readonly core: number; readonly numa: number }[] {
  const set = allowed();
  const nodes = coreNodes();
  const cores: { readonly core: number; readonly numa: number }[] = [];
  for (let core = 0; core < 8 * SIZE; core++) {
    if (set[core >> 3]! & (1 << (core & 7))) cores.push({ core, numa: nodes.get(core) ?? 0 });
  }
  return cores;
}

function coreNodes(): Map<number, number> {
  const nodes = new Map<number, number>();
  const folder = "/sys/devices/system/node";
  try {
    for (const name of readdirSync(folder)) {
      const node = /^node(\d+)$/.exec(name)?.[1];
      if (node === undefined) continue;
      for (const core of parseCpuList(readFileSync(`${folder}/${name}/cpulist`, "utf8"))) nodes.set(core, Number(node));
    }
  } catch {
    // No such folder: one node.
  }
  return nodes;
}

/** Reads a list of CPUs as the kernel writes it: `0-3,8`. */
function parseCpuList(text: string): number[] {
  return text
    .trim()
    .split(",")
    .filter((range) => range !== "")
    .flatMap((range) => {
      const [from, to = from] = range.split("-").map(Number);
      return Array.from({ length: to! - from! + 1 }, (_, i) => from! + i);
    });
}

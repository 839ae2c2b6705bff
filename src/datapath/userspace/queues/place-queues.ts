/** How queues that no core was asked for are given to cores: `pmd-rxq-assign`. */
export type AssignMode = "cycles" | "roundrobin" | "group";

/** A receive queue that is to be polled by some core. */
export interface QueueClaim {
  readonly port: number;
  readonly name: string;
  readonly queue: number;
  /** The core that `pmd-rxq-affinity` asks for. */
  readonly wanted: number | undefined;
  /** What it has cost lately, in milliseconds of a thread's time. */
  readonly load: number;
}

/** A core that may poll queues. */
export interface PollingCore {
  readonly core: number;
  readonly numa: number;
}

/** A queue with the core that polls it; undefined where none does. */
interface PlacedQueue {
  readonly claim: QueueClaim;
  readonly core: number | undefined;
}

export interface Placement {
  /** In the order of ports and queues. */
  readonly queues: readonly PlacedQueue[];
  /** Cores that have queues which asked for them, and get no others. */
  readonly isolated: ReadonlySet<number>;
  /** Queues that asked for a core which is not to be used. */
  readonly unmet: readonly QueueClaim[];
}

interface Seat {
  readonly core: number;
  load: number;
  count: number;
}

/**
 * Gives every queue a core: first those that ask for one; the others as `mode` says, to cores that are not isolated. `isolates` says whether being asked for
 * isolates a core, which without `group` it always does.
 */
export function placeQueues(
  claims: readonly QueueClaim[],
  cores: readonly PollingCore[],
  { mode, isolates }: { readonly mode: AssignMode; readonly isolates: boolean },
): Placement {
  const inOrder = claims.toSorted((a, b) => a.port - b.port || a.queue - b.queue);
  const seats = cores.map(({ core }): Seat => ({ core, load: 0, count: 0 })).sort((a, b) => a.core - b.core);
  const chosen = new Map<QueueClaim, number>();
  const pinned = new Set<number>();
  const unmet: QueueClaim[] = [];
  for (const claim of inOrder) {
    if (claim.wanted === undefined) continue;
    const seat = seats.find((s) => s.core === claim.wanted);
    if (seat === undefined) {
      unmet.push(claim);
      continue;
    }
    pinned.add(seat.core);
    put(claim, seat, chosen);
  }
  const isolated = isolates || mode !== "group" ? pinned : new Set<number>();
  const open = seats.filter((seat) => !isolated.has(seat.core));
  const rest = inOrder.filter((claim) => !chosen.has(claim));
  // The sort is stable: what costs the same stays in order.
  if (mode !== "roundrobin") rest.sort((a, b) => b.load - a.load);
  if (open.length > 0) {
    rest.forEach((claim, i) => {
      put(claim, mode === "group" ? leastLoaded(open) : open[turn(mode, i, open.length)]!, chosen);
    });
  }
  return { queues: inOrder.map((claim) => ({ claim, core: chosen.get(claim) })), isolated, unmet };
}

function put(claim: QueueClaim, seat: Seat, chosen: Map<QueueClaim, number>): void {
  chosen.set(claim, seat.core);
  seat.load += claim.load;
  seat.count++;
}

/** Round and round; where queues are sorted by their load, there and back, so that the first core does not always get the more. */
function turn(mode: AssignMode, i: number, cores: number): number {
  const at = i % cores;
  return mode === "cycles" && Math.floor(i / cores) % 2 === 1 ? cores - 1 - at : at;
}

function leastLoaded(seats: readonly Seat[]): Seat {
  return seats.reduce((best, seat) =>
    seat.load < best.load || (seat.load === best.load && seat.count < best.count) ? seat : best,
  );
}

/** The variance of the loads of cores that are not isolated, by a placement; what goes into `pmd-auto-lb`'s estimate. */
function loadVariance(placement: Placement, cores: readonly PollingCore[]): number {
  const open = cores.filter(({ core }) => !placement.isolated.has(core));
  if (open.length === 0) return 0;
  const loads = open.map(({ core }) =>
    placement.queues.reduce((sum, q) => sum + (q.core === core ? q.claim.load : 0), 0),
  );
  const mean = loads.reduce((a, b) => a + b, 0) / loads.length;
  return loads.reduce((sum, load) => sum + (load - mean) ** 2, 0) / loads.length;
}

/** How much better in percent of the variance a new placement would be than the one there is. */
export function improvement(now: Placement, next: Placement, cores: readonly PollingCore[]): number {
  const before = loadVariance(now, cores);
  return before === 0 ? 0 : (100 * (before - loadVariance(next, cores))) / before;
}

/** Reads `pmd-rxq-affinity`: `QUEUE:CORE,…`. Undefined where it is malformed; a queue named twice has the last core. */
export function parseAffinity(text: string): ReadonlyMap<number, number> | undefined {
  const cores = new Map<number, number>();
  for (const pair of text.split(",")) {
    if (pair.trim() === "") continue;
    const match = /^\s*(\d{1,6})\s*:\s*(\d{1,6})\s*$/.exec(pair);
    if (match === null) return undefined;
    cores.set(Number(match[1]), Number(match[2]));
  }
  return cores;
}

/** Reads a hexadecimal CPU mask, `0x` or not, into the numbers of its cores. An invalid digit makes it undefined. */
export function parseCpuMask(text: string): readonly number[] | undefined {
  const digits = /^(?:0[xX])?([0-9a-fA-F]*)$/.exec(text.trim())?.[1];
  if (digits === undefined) return undefined;
  const cores: number[] = [];
  [...digits].reverse().forEach((digit, place) => {
    const bits = Number.parseInt(digit, 16);
    for (let bit = 0; bit < 4; bit++) if (bits & (1 << bit)) cores.push(4 * place + bit);
  });
  return cores;
}

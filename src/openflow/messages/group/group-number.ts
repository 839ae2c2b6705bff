/** Group numbers that mean something else than a group. */
export const OFPG = {
  /** The greatest number that a group may have. */
  max: 0xffffff00,
  /** Every group, where something is deleted or asked. */
  all: 0xfffffffc,
  /** No group. */
  any: 0xffffffff,
} as const;

/** Bucket numbers that mean something else than a bucket. */
export const OFPG_BUCKET = {
  /** The greatest number that a bucket may have. */
  max: 0xffffff00,
  first: 0xfffffffd,
  last: 0xfffffffe,
  all: 0xffffffff,
} as const;

/** How a group treats its buckets. Descriptions may have other numbers. */
export const GroupType = { all: 0, select: 1, indirect: 2, fastFailover: 3 } as const;

const typeNames = ["all", "select", "indirect", "ff"] as const;

/** `all`, `select`, `indirect`, `ff`, or `unknown`. */
export function formatGroupType(type: number): string {
  return typeNames[type] ?? "unknown";
}

/** The number of a type's name, of `fast_failover` too. */
export function parseGroupType(text: string): number | undefined {
  if (text === "fast_failover") return GroupType.fastFailover;
  const found = (typeNames as readonly string[]).indexOf(text);
  return found < 0 ? undefined : found;
}

/** `ALL`, `ANY`, or a number, as requests are printed. */
export function formatGroupNumber(id: number): string {
  return id === OFPG.all ? "ALL" : id === OFPG.any ? "ANY" : String(id);
}

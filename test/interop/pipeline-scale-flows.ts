/** How much a switch must carry. */
export const SCALE = {
  ports: 1000,
  groups: 5000,
  meters: 500,
  tables: 30,
  flows: 100_000,
  bundle: 50_000,
  bundleTable: 31,
  /** A packet, and a flow that it is of. */
  flow: "in_port=1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=8,tp_dst=9",
  packet:
    "in_port(1),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,tos=0,ttl=64,frag=no),tcp(src=8,dst=9)",
} as const;

/** Lengths of prefixes, and masks of ports: the masks of flows are their combinations. */
const sources = [32, 30, 28, 24, 20, 16, 12, 8] as const;
const targets = [32, 24, 16, 8, 0] as const;
const portMasks = [0xffff, 0xfff0, 0xff00, 0xf000, 0] as const;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** An address of a prefix, the n-th that some numbers lead to. */
function prefix(n: number, length: number): string {
  const mixed = Math.imul(n + 1, 0x9e3779b1) >>> 0;
  const masked = length === 0 ? 0 : (mixed & (0xffffffff << (32 - length))) >>> 0;
  return `${masked >>> 24}.${(masked >>> 16) & 255}.${(masked >>> 8) & 255}.${masked & 255}/${length}`;
}

/** Flows of 30 tables, 200 masks and 100 cookies, no two alike; a quarter each for groups, meters, the next table and dropping. */
export function scaleFlows(): string[] {
  const seen = new Set<string>();
  const flows: string[] = [];
  for (let n = 0; flows.length < SCALE.flows; n++) {
    const i = flows.length;
    const [table, kind] = [i % SCALE.tables, Math.floor(i / SCALE.tables) % 200];
    const [source, target, mask] = [
      sources[kind % 8]!,
      targets[Math.floor(kind / 8) % 5]!,
      portMasks[Math.floor(kind / 40)]!,
    ];
    const match = [
      `tcp,nw_src=${prefix(n, source)}`,
      ...(target === 0 ? [] : [`nw_dst=${prefix(n * 7, target)}`]),
      ...(mask === 0 ? [] : [`tp_dst=0x${((n * 2654435761) & mask).toString(16)}/0x${mask.toString(16)}`]),
    ].join(",");
    const priority = 100 + (n % 50);
    const key = `${table} ${priority} ${match}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const next = table + 1 < SCALE.tables ? `resubmit(,${table + 1})` : "output:2";
    const actions = [`group:${(n % SCALE.groups) + 1}`, `meter:${(n % SCALE.meters) + 1},output:3`, next, "drop"][
      n % 4
    ];
    flows.push(`table=${table},priority=${priority},cookie=0x${(i % 100).toString(16)},${match},actions=${actions}`);
  }
  return flows;
}

export function scaleGroups(): string[] {
  const bucket = (port: number): string => `bucket=actions=output:${(port % SCALE.ports) + 1}`;
  return numbers(SCALE.groups).map(
    (n) => `group_id=${n},type=${n % 2 ? "select" : "all"},${bucket(n)},${bucket(n * 7)}`,
  );
}

export function scaleMeters(): string[] {
  return numbers(SCALE.meters).map((n) => `meter=${n},kbps,band=type=drop,rate=${n * 100}`);
}

/** Flow-mods for one bundle, in a table of their own. */
export function scaleBundle(): string[] {
  return numbers(SCALE.bundle).map(
    (n) =>
      `add table=${SCALE.bundleTable},priority=5,cookie=0xb,ip,nw_src=10.${n >> 16}.${(n >> 8) & 255}.${n & 255},actions=output:${(n % SCALE.ports) + 1}`,
  );
}

/** The tables that a backup does not take from its active server, by database: `DB:TABLE,…`. */
export type ExcludedTables = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads `DB:TABLE[,DB:TABLE]…`. Anything is taken, as upstream takes it. */
export function parseExcludedTables(text: string): ExcludedTables {
  const excluded = new Map<string, Set<string>>();
  for (const item of text.split(",")) {
    if (item === "") continue;
    const colon = item.indexOf(":");
    const database = colon < 0 ? item : item.slice(0, colon);
    const tables = excluded.get(database) ?? new Set<string>();
    excluded.set(database, tables.add(colon < 0 ? "" : item.slice(colon + 1)));
  }
  return excluded;
}

/** Writes it in upstream's order. */
export function formatExcludedTables(excluded: ExcludedTables): string {
  return [...excluded]
    .flatMap(([database, tables]) => [...tables].map((table) => `${database}:${table}`))
    .sort()
    .join(",");
}

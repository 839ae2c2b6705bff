/** What a run has seen, by name. */
export type Tally = Record<string, number>;

export function count(tally: Tally, name: string, by: number = 1): void {
  tally[name] = (tally[name] ?? 0) + by;
}

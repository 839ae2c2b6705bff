/** Interface:options:n_rxq: how many receive queues a device is to have; one where nothing sensible is said. */
export function wantedQueues(options: ReadonlyMap<string, string>): number {
  const queues = Number.parseInt(options.get("n_rxq") ?? "1", 10);
  return queues >= 1 ? queues : 1;
}

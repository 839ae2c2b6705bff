import type { IterationSummary } from "./thread-metrics.js";

function ratio(a: number, b: number): string {
  return (b > 0 ? a / b : 0).toFixed(0);
}

/** Iterations one by one, the latest first, as they are shown and logged. */
export function formatIterations(iterations: readonly IterationSummary[]): string {
  const header =
    "   iter                cycles       packets      cycles/pkt   pkts/batch   vhost qlen   upcalls      cycles/upcall\n";
  const rows = iterations.map(({ number, time, packets, batches, upcalls }) => {
    const cells = [time.toFixed(0), packets, ratio(time, packets), ratio(packets, batches), 0, upcalls, 0];
    return `   ${String(number).padEnd(17)}   ${cells.map((cell) => String(cell).padEnd(10)).join("   ")} \n`;
  });
  return header + rows.join("");
}

/** What is logged of an iteration that took too long, with those around it. */
export function formatSuspicion({ number, time }: IterationSummary, history: readonly IterationSummary[]): string {
  const what = `Suspicious iteration (Excessive total cycles): iter=${number} duration=${(time / 1e3).toFixed(0)} us`;
  return `${what}\nNeighborhood of suspicious iteration:\n${formatIterations(history).trimEnd()}`;
}

import { describe, expect, it } from "vitest";
import { COUNTERS, Counter } from "../userspace/counters.js";
import { newMetrics, readHistogram, readHistory, ThreadMetrics } from "../userspace/threads/thread-metrics.js";
import { formatPerf } from "./pmd-perf-text.js";

describe("dpif-netdev/pmd-perf-show", () => {
  const counters = new Float64Array(COUNTERS);
  counters[Counter.received] = 3;
  counters[Counter.megaflowHits] = 3;
  counters[Counter.maskLookups] = 3;
  counters[Counter.sent] = 6;
  counters[Counter.turns] = 6;
  const metrics = newMetrics();
  const thread = new ThreadMetrics(metrics, 0, () => {});
  thread.setOptions(new Map([["pmd-perf-metrics", "true"]]));
  for (let i = 0; i < 3; i++) thread.note(10 * i, 10 * i + 0.015, true, 1, 1, 0);
  thread.note(30, 30.004, false, 0, 0, 0);
  const figures = {
    duration: 460,
    counters,
    metrics,
    histograms: undefined,
    iterations: readHistory(metrics, "iterations", 1),
    milliseconds: readHistory(metrics, "milliseconds", 1),
  };

  it("is laid out as Open vSwitch lays it out", () => {
    expect(formatPerf("pmd thread numa_id 0 core_id 1:", figures, "19:25:02.639")).toBe(`
Time: 19:25:02.639
Measurement duration: 0.460 s

pmd thread numa_id 0 core_id 1:

  Iterations:                    4  (12.25 us/it)
  - Used TSC cycles:         49000  (  0.0 % of total cycles)
  - idle iterations:             1  (  8.2 % of used cycles)
  - busy iterations:             3  ( 91.8 % of used cycles)
  - sleep iterations:            0  (  0.0 % of iterations)
  Sleep time (us):               0  (  0 us/iteration avg.)
  Rx packets:                    3  (0 Kpps, 15000 cycles/pkt)
  Datapath passes:               3  (1.00 passes/pkt)
  - PHWOL hits:                  0  (  0.0 %)
  - MFEX Opt hits:               0  (  0.0 %)
  - Simple Match hits:           0  (  0.0 %)
  - EMC hits:                    0  (  0.0 %)
  - SMC hits:                    0  (  0.0 %)
  - Megaflow hits:               3  (100.0 %, 1.00 subtbl lookups/hit)
  - Upcalls:                     0  (  0.0 %, 0.0 us/upcall)
  - Lost upcalls:                0  (  0.0 %)
  Tx packets:                    6  (0 Kpps)
  Tx batches:                    6  (1.00 pkts/batch)

   iter                cycles       packets      cycles/pkt   pkts/batch   vhost qlen   upcalls      cycles/upcall
   4                   4000         0            0            0            0            0            0         ${" "}

   ms             iterations   cycles/it    Kpps         cycles/pkt   pkts/batch   vhost qlen   upcalls      cycles/upcall
   20             1            15000        1            15000        1            0            0            0         ${" "}
`);
  });

  it("has histograms in columns of the same widths", () => {
    const histograms = [0, 1, 2, 3, 4, 5, 6].map((i) => readHistogram(metrics, i));
    const text = formatPerf("x", { ...figures, histograms }, "");
    const lines = text.slice(text.indexOf("Histograms")).split("\n");
    expect(lines[1]).toBe(
      "   cycles/it              packets/it             cycles/pkt             pkts/batch             max vhost qlen         upcalls/it             cycles/upcall        ",
    );
    expect(lines[2]).toBe(
      "   499       0            0         1            100       0            0         0            0         4            0         4            999       0          ",
    );
    expect(lines[3]).toBe(
      "   716       0            1         3            1096      0            1         3            1         0            1         0            1258      0          ",
    );
    expect(lines[33]).toMatch(/^ {3}> {9}0 /);
    expect(lines[34]).toBe("-".repeat(154));
    expect(lines[36]).toBe(
      "   12250                  0.75000                15000                  1.00000                0.00000                0.00000                0                    ",
    );
  });
});

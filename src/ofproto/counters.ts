import { type DatapathDropReason, datapathDropReasons } from "#datapath/drop-reasons.js";
import { type Counter, Coverage } from "#runtime/coverage.js";
import { type DropReason, dropCoverage, idleDropCounters, OTHER_DROPS } from "./drop-reason.js";

/** Coverage counters of the switch, under Open vSwitch's names. */
export class OfprotoCounters {
  readonly translations: Counter;
  readonly flowLimitHit: Counter;
  /** Ours: flows that were given a common mask (`Datapath.boundedMask`). */
  readonly masksBounded: Counter;
  readonly flowsPut: Counter;
  readonly flowsDeleted: Counter;
  readonly packetsExecuted: Counter;
  readonly revalidatedForSettings: Counter;
  readonly revalidatedForAddresses: Counter;
  readonly learned: Counter;
  readonly moved: Counter;
  readonly expired: Counter;
  readonly evicted: Counter;
  readonly #drops: ReadonlyMap<string, Counter>;

  constructor(coverage: Coverage = new Coverage()) {
    this.translations = coverage.counter("xlate_actions");
    this.flowLimitHit = coverage.counter("upcall_flow_limit_hit");
    this.masksBounded = coverage.counter("upcall_masks_bounded");
    this.flowsPut = coverage.counter("dpif_flow_put");
    this.flowsDeleted = coverage.counter("dpif_flow_del");
    this.packetsExecuted = coverage.counter("dpif_execute");
    this.revalidatedForSettings = coverage.counter("rev_reconfigure");
    this.revalidatedForAddresses = coverage.counter("rev_mac_learning");
    this.learned = coverage.counter("mac_learning_learned");
    this.moved = coverage.counter("mac_learning_moved");
    this.expired = coverage.counter("mac_learning_expired");
    this.evicted = coverage.counter("mac_learning_evicted");
    const covered = [OTHER_DROPS, ...Object.values(dropCoverage), ...idleDropCounters];
    const names = new Set([...covered, ...Object.keys(datapathDropReasons)]);
    this.#drops = new Map([...names].map((name) => [name, coverage.counter(name)]));
  }

  /** Packets that a datapath dropped by itself. */
  datapathDropped(reason: DatapathDropReason, packets: number): void {
    this.#drops.get(reason)?.add(packets);
  }

  dropped(reason: DropReason, packets: number): void {
    this.#drops.get(dropCoverage[reason] ?? OTHER_DROPS)?.add(packets);
  }
}

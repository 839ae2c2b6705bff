import { normal } from "#openflow/actions/output.js";
import type { Logger } from "#runtime/logger.js";
import type { Bridge } from "../bridge.js";
import { HiddenRules } from "./hidden-rules.js";

/** Above whatever controllers and in-band control have. */
const PRIORITY = 0xf0f0f0;
/** Seconds between reminders. */
const REMIND = 60;

/** What fail-open asks of a bridge's controllers. */
export interface FailingControllers {
  /** Seconds since the last controller was heard that was in charge; 0 where one is, or there is none. */
  silentFor(): number;
  /** Seconds of silence that are taken for failure; undefined for never. */
  patience(): number | undefined;
}

/**
 * Fail mode "standalone": a bridge whose controllers are silent for too long forwards by itself, by one rule above all others and without what they had
 * put into its tables, until one of them is in charge again.
 */
export class FailOpen {
  readonly #bridge: Bridge;
  readonly #log: Logger;
  readonly #controllers: FailingControllers;
  readonly #rules: HiddenRules;
  #isEnabled = false;
  /** Seconds of silence at the last line about it; undefined while controllers are in charge. */
  #told: number | undefined;

  constructor(bridge: Bridge, controllers: FailingControllers, log: Logger) {
    this.#bridge = bridge;
    this.#log = log;
    this.#controllers = controllers;
    this.#rules = new HiddenRules(bridge);
  }

  /** True while the bridge acts in its controllers' place. */
  get isActive(): boolean {
    return this.#told !== undefined;
  }

  /** True where silence is minded: `run` is due every second. */
  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  enable(isEnabled: boolean): void {
    if (this.#isEnabled && !isEnabled) this.#recover();
    this.#isEnabled = isEnabled;
  }

  /** Looks how long controllers have been silent. */
  run(): void {
    if (!this.#isEnabled) return;
    const silent = this.#controllers.silentFor();
    if (silent === 0) {
      this.#recover();
      return;
    }
    const patience = this.#controllers.patience();
    if (this.#told === undefined) {
      if (patience === undefined || silent < patience) return;
      this.#log.warn(
        `Could not connect to controller (or switch failed controller's post-connection admission control policy) for ${silent} seconds, failing open`,
      );
      this.#told = silent;
      this.#bridge.resetFlows();
      this.#rules.set([{ priority: PRIORITY, match: "", actions: [normal] }]);
    } else if (silent > this.#told + REMIND) {
      this.#log.info(`Still in fail-open mode after ${silent} seconds disconnected from controller`);
      this.#told = silent;
    }
  }

  #recover(): void {
    if (this.#told === undefined) return;
    this.#log.warn("No longer in fail-open mode");
    this.#told = undefined;
    this.#rules.set([]);
  }
}

/** How many flows a datapath may hold and how long things wait; Open_vSwitch:other_config. Times in milliseconds. */
export interface FlowLimits {
  /** other_config:flow-limit. */
  readonly flowLimit: number;
  /** other_config:max-idle. */
  readonly maxIdle: number;
  /** other_config:max-revalidator: the longest time between two looks at a flow's statistics (`maxIdle` where that is shorter). */
  readonly maxRevalidator: number;
  /** other_config:min-revalidate-pps: where rounds take long, flows of fewer packets a second go instead of being translated again. */
  readonly minRevalidatePps: number;
  /** other_config:bundle-idle-timeout: how long a bundle waits for its controller. */
  readonly bundleIdleTimeout: number;
}

export const defaultLimits: FlowLimits = {
  flowLimit: 200_000,
  maxIdle: 10_000,
  maxRevalidator: 500,
  minRevalidatePps: 5,
  bundleIdleTimeout: 10_000,
};

/** The limit a switch starts from, before it knows how long its rounds take. */
const START = 10_000;

/** The number of flows allowed now: it shrinks when rounds of revalidation take long and grows while they are short. */
export class AdaptiveFlowLimit {
  #limit = START;

  get value(): number {
    return this.#limit;
  }

  /** `upcall/set-flow-limit`: until the next round says otherwise. */
  set(limit: number): void {
    this.#limit = limit;
  }

  /** A round over `flows` flows took `duration` milliseconds; `most` is the configured ceiling. */
  afterRound(flows: number, duration: number, most: number): void {
    const took = Math.max(duration, 1);
    if (took > 2000) this.#limit /= took / 1000;
    else if (took > 1300) this.#limit = (this.#limit * 3) / 4;
    else if (took < 1000 && this.#limit < (flows * 1000) / took) this.#limit += 1000;
    this.#limit = Math.floor(Math.min(most, Math.max(this.#limit, 1000)));
  }
}

import type { DatapathAction } from "#datapath/actions.js";
import { someAction } from "#datapath/nested-actions.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { maskCovers } from "#flow/match.js";
import { HostError, UserError } from "#util/errors.js";
import type { MacNumber } from "#util/mac-number.js";
import type { Backer } from "./backer.js";
import type { Megaflow } from "./megaflow.js";
import { sameActions } from "./same-actions.js";
import type { Translation } from "./translate/context.js";
import { installedActions, translateKey } from "./translate-key.js";

/** Crediting statistics can move addresses, which makes other flows stale: how often that is followed up at once. */
const MAX_PASSES = 8;
/** Longest that a turn goes on, in milliseconds: upcalls, timers and sockets wait meanwhile. */
const TURN = 4;
/** The clock is read once for so many flows. */
const PER_LOOK = 16;
/** Where there are no more flows than these, all are seen to at once. */
const FEW = 2000;

const scratch = newKey();

/**
 * Keeps a datapath's flows true: credits their statistics, translates again those whose inputs have changed, removes the idle.
 *
 * Settings, ports and tables have a generation; a flow made under an earlier one is stale. An address that is learned, moves, or is
 * forgotten makes only those flows stale that looked it up. Statistics are credited under the old translation before the new
 * one takes its place, and once more when a flow is removed, so that no packet is lost or counted twice.
 *
 * A round looks at every flow. It goes on for turns of some milliseconds, between which everything else has its own.
 */
export class Revalidator {
  generation = 0;
  readonly #backer: Backer;
  readonly #macs = new Set<MacNumber>();
  /** Flows that looked up an address that is another now. */
  readonly #stale = new Set<Megaflow>();
  /** No flow is of an earlier generation than this. */
  #oldest = 0;
  /** The round that goes on. */
  #round: { readonly start: number; readonly count: number; readonly generation: number } | undefined;
  /** When the last round began, and the one before it. */
  #began = 0;
  #beganBefore = 0;
  #duration = 0;
  #average = 0;
  #most = 0;
  #waiters: (() => void)[] = [];

  constructor(backer: Backer) {
    this.#backer = backer;
  }

  /** Makes every flow stale. */
  everything(): void {
    this.generation++;
    this.#backer.counters.revalidatedForSettings.add();
  }

  /** Makes the flows stale that looked an address up. */
  mac(mac: MacNumber): void {
    this.#macs.add(mac);
  }

  /** What `upcall/show` tells: milliseconds of the last round, flows on average and at most. */
  get figures(): { readonly duration: number; readonly average: number; readonly most: number } {
    return { duration: this.#duration, average: this.#average, most: this.#most };
  }

  /** Milliseconds between the beginnings of two rounds. */
  get interval(): number {
    const { maxIdle, maxRevalidator } = this.#backer.limits;
    return Math.min(maxIdle, maxRevalidator);
  }

  /** Sees to the flows that come from or go to a port at once, before its number can be another's. */
  forgetPort(port: number): void {
    const wrong: Megaflow[] = [];
    for (const flow of this.#backer.flows) {
      const { held } = flow;
      const isOf = held.readKey(scratch)[W.inPort] === port || outputsTo(held.actions, port);
      if (isOf && !this.#again(flow)) wrong.push(flow);
    }
    this.#remove(wrong);
  }

  /** One turn: what has become stale, and a round where it is due. Sees to the next turn itself. */
  run(): void {
    const { clock } = this.#backer;
    const now = clock.now();
    const isDue = this.#isStale || now - this.#began >= this.interval;
    if (isDue && this.#round === undefined) this.#begin(now);
    if (this.#backer.flows.size <= FEW) this.settle();
    else if (this.#goOn(now + TURN)) this.#tell();
    else this.#backer.wake(0);
  }

  /** A full round now, and what is stale after it. */
  round(): void {
    this.#begin(this.#backer.clock.now());
    this.settle();
  }

  /** Credits what the datapath has counted since the last time. */
  collect(): void {
    for (const flow of this.#backer.flows) flow.credit();
    this.#backer.collectDrops();
  }

  /** Translates stale flows again until there are none. */
  settle(): void {
    for (
      let pass = 0;
      pass < MAX_PASSES && (this.#round !== undefined || this.#isStale || this.#macs.size > 0);
      pass++
    ) {
      if (this.#round === undefined && this.#isStale) this.#begin(this.#backer.clock.now());
      this.#goOn(Number.POSITIVE_INFINITY);
    }
    if (this.#macs.size > 0) this.#backer.wake(0);
    this.#tell();
  }

  /** Resolves when flows are as settings and tables say. Where there are many of them, other work goes on meanwhile. */
  async settled(): Promise<void> {
    if (this.#backer.flows.size <= FEW) this.settle();
    else if (this.#round !== undefined || this.#isStale || this.#macs.size > 0) await this.#finished();
  }

  /** As `settled`, after a full round. */
  async looked(): Promise<void> {
    if (this.#backer.flows.size <= FEW) {
      this.round();
      return;
    }
    if (this.#round !== undefined) await this.#finished();
    this.#begin(this.#backer.clock.now());
    await this.#finished();
  }

  #finished(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#backer.wake(0);
    });
  }

  #tell(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Some flows may be of an earlier generation. */
  get #isStale(): boolean {
    return this.#oldest !== this.generation;
  }

  /** A round begins, or begins anew. */
  #begin(now: number): void {
    const { flows } = this.#backer;
    this.#round = { start: now, count: flows.size, generation: this.generation };
    this.#beganBefore = this.#began;
    this.#began = now;
    flows.rewind();
  }

  /** Goes on with what is stale and with the round, until `end`. True where both are done. */
  #goOn(end: number): boolean {
    const wrong: Megaflow[] = [];
    const isDone = this.#seeToAddresses(end, wrong) && this.#walk(end, wrong);
    this.#remove(wrong);
    if (isDone && this.#round !== undefined) this.#end(this.#round);
    return isDone && this.#macs.size === 0 && !this.#isStale;
  }

  /** False where time was up. */
  #seeToAddresses(end: number, wrong: Megaflow[]): boolean {
    const { flows, counters, clock } = this.#backer;
    if (this.#macs.size > 0) {
      for (const mac of this.#macs) for (const flow of flows.dependingOn(mac)) this.#stale.add(flow);
      counters.revalidatedForAddresses.add();
      this.#macs.clear();
    }
    let n = 0;
    for (const flow of this.#stale) {
      this.#stale.delete(flow);
      if (flows.has(flow) && !this.#again(flow)) wrong.push(flow);
      if (++n % PER_LOOK === 0 && clock.now() >= end) return this.#stale.size === 0;
    }
    return true;
  }

  /** Looks at the flows that come next in the round. False where time was up. */
  #walk(end: number, wrong: Megaflow[]): boolean {
    const round = this.#round;
    if (round === undefined) return true;
    const { clock, flows, flowLimit, limits } = this.#backer;
    const { count, start } = round;
    const killAll = count > 2 * flowLimit.value;
    const maxIdle = count > flowLimit.value ? Math.min(100, limits.maxIdle) : limits.maxIdle;
    const minRate = this.#duration > limits.maxRevalidator / 2 ? limits.minRevalidatePps : 0;
    const { generation } = this;
    let n = 0;
    for (let flow = flows.walk(); flow !== undefined; flow = flows.walk()) {
      const packets = flow.credit();
      if (!flow.held.isThere || killAll || start - flow.lastUse >= maxIdle) wrong.push(flow);
      else if (flow.generation !== generation) {
        const isWorth =
          minRate === 0 || packets * 1000 >= minRate * (start - Math.max(flow.created, this.#beganBefore));
        if (!isWorth || !this.#again(flow)) wrong.push(flow);
      }
      if (++n % PER_LOOK === 0 && clock.now() >= end) return false;
    }
    return true;
  }

  #end({ start, count, generation }: { start: number; count: number; generation: number }): void {
    const { bridges, clock, flowLimit, limits } = this.#backer;
    this.#round = undefined;
    this.#oldest = generation;
    this.#backer.collectDrops();
    for (const bridge of bridges.values()) bridge.expire(start);
    this.#duration = clock.now() - start;
    this.#average = Math.floor((this.#average + count) / 2);
    this.#most = Math.max(this.#most, count);
    flowLimit.afterRound(count, this.#duration, limits.flowLimit);
  }

  /** Translates a flow again; false where it must go: its port is no more, or telling packets apart takes bits it lacks. */
  #again(flow: Megaflow): boolean {
    const { flows, frozen } = this.#backer;
    flow.credit();
    if (!flow.held.isThere) return false;
    const key = flow.held.readKey(scratch);
    const port = this.#backer.origin(key);
    if (!port) return false;
    const { generation } = this;
    const answer = translateKey(this.#backer, port, key);
    if (!this.#adopt(flow, answer)) {
      frozen.release(answer.frozen);
      return false;
    }
    frozen.release(flow.frozen);
    flow.update(answer, generation);
    flows.setMacs(flow, answer.macs);
    return true;
  }

  /** Gives a flow the actions of an answer; false where it cannot have them. */
  #adopt({ held }: Megaflow, answer: Translation): boolean {
    if (answer.dropped === "no_recirculation" || !maskCovers(held.mask, answer.mask)) return false;
    const actions = installedActions(this.#backer, scratch, answer);
    if (sameActions(held.actions, actions)) return true;
    try {
      this.#backer.datapath.replace(held, actions);
      return true;
    } catch (error) {
      // The datapath refuses, and must do without the flow.
      if (!(error instanceof HostError || error instanceof UserError)) throw error;
      return false;
    }
  }

  /** Removes every flow: `revalidator/purge`. */
  purge(): void {
    this.#remove([...this.#backer.flows]);
  }

  /** Credits the last packets of flows as they go. */
  #remove(flows: readonly Megaflow[]): void {
    if (flows.length === 0) return;
    const { datapath, frozen, counters } = this.#backer;
    datapath.removeFlows(flows.map((flow) => flow.held));
    for (const flow of flows) {
      // It may be named twice.
      if (!this.#backer.flows.delete(flow)) continue;
      flow.credit();
      frozen.release(flow.frozen);
      counters.flowsDeleted.add();
    }
  }
}

/** True where some action, however deep, sends to a datapath port. */
function outputsTo(actions: readonly DatapathAction[], port: number): boolean {
  return someAction(actions, (a) => a.kind === "output" && a.port === port);
}

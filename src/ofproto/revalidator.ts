import type { DatapathAction } from "#datapath/actions.js";
import type { FlowStats } from "#datapath/datapath.js";
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

/**
 * Keeps a datapath's flows true: credits their statistics, translates again those whose inputs have changed, removes the idle.
 *
 * Settings, ports and tables have a generation; a flow made under an earlier one is stale. An address that is learned, moves, or is
 * forgotten makes only those flows stale that looked it up. Statistics are credited under the old translation before the new
 * one takes its place, and once more when a flow is removed, so that no packet is lost or counted twice.
 */
export class Revalidator {
  generation = 0;
  readonly #backer: Backer;
  readonly #macs = new Set<MacNumber>();
  #swept = 0;
  #duration = 0;
  #average = 0;
  #most = 0;

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

  /** Sees to the flows that come from or go to a port at once, before its number can be another's. */
  forgetPort(port: number): void {
    const wrong: Megaflow[] = [];
    for (const flow of this.#backer.flows) {
      if ((flow.key[W.inPort] === port || outputsTo(flow.actions, port)) && !this.#again(flow)) wrong.push(flow);
    }
    this.#remove(wrong);
  }

  /** One turn: a full round when it is due, and what has become stale. */
  run(): void {
    const { clock, limits } = this.#backer;
    if (clock.now() - this.#swept >= limits.maxRevalidator) this.#sweep();
    this.settle();
  }

  /** A full round now, and what is stale after it. */
  round(): void {
    this.#sweep();
    this.settle();
  }

  /** Credits what the datapath has counted since the last time. */
  collect(): void {
    const { datapath, flows } = this.#backer;
    for (const flow of flows) {
      const stats = datapath.flowStats(flow.ufid);
      if (stats) flow.credit(stats);
    }
  }

  /** Translates stale flows again until there are none. */
  settle(): void {
    for (let pass = 0; pass < MAX_PASSES && this.#pass(); pass++);
    if (this.#macs.size > 0) this.#backer.wake(0);
  }

  /** Credits every flow, removes the idle, ages addresses. */
  #sweep(): void {
    const { clock, flows, flowLimit, limits, bridges } = this.#backer;
    const start = clock.now();
    this.#swept = start;
    const count = flows.size;
    const killAll = count > 2 * flowLimit.value;
    const maxIdle = count > flowLimit.value ? Math.min(100, limits.maxIdle) : limits.maxIdle;
    const idle: Megaflow[] = [];
    for (const flow of flows) {
      const stats = this.#backer.datapath.flowStats(flow.ufid);
      if (stats) flow.credit(stats);
      if (!stats || killAll || start - flow.lastUse >= maxIdle) idle.push(flow);
    }
    this.#remove(idle);
    this.#backer.collectDrops();
    for (const bridge of bridges.values()) bridge.expire(start);
    this.#duration = clock.now() - start;
    this.#average = Math.floor((this.#average + count) / 2);
    this.#most = Math.max(this.#most, count);
    flowLimit.afterRound(count, this.#duration, limits.flowLimit);
  }

  /** Sees to what is stale now; false where nothing was. */
  #pass(): boolean {
    const stale = new Set<Megaflow>();
    const { flows } = this.#backer;
    for (const mac of this.#macs) for (const flow of flows.dependingOn(mac)) stale.add(flow);
    if (this.#macs.size > 0) this.#backer.counters.revalidatedForAddresses.add();
    this.#macs.clear();
    if (this.#oldest !== this.generation) {
      for (const flow of flows) if (flow.generation !== this.generation) stale.add(flow);
      this.#oldest = this.generation;
    }
    if (stale.size === 0) return false;
    const wrong: Megaflow[] = [];
    for (const flow of stale) if (!this.#again(flow)) wrong.push(flow);
    this.#remove(wrong);
    return true;
  }

  /** No flow is of an earlier generation than this. */
  #oldest = 0;

  /** Translates a flow again; false where it must go: its port is no more, or telling packets apart takes bits it lacks. */
  #again(flow: Megaflow): boolean {
    const { flows } = this.#backer;
    const stats = this.#backer.datapath.flowStats(flow.ufid);
    if (!stats) return false;
    flow.credit(stats);
    const port = this.#backer.origin(flow.key);
    if (!port) return false;
    const { generation } = this;
    const answer = translateKey(this.#backer, port, flow.key);
    if (!this.#adopt(flow, answer)) {
      this.#backer.frozen.release(answer.frozen);
      return false;
    }
    this.#backer.frozen.release(flow.frozen);
    flow.frozen = answer.frozen;
    flow.effects = answer.effects;
    flow.generation = generation;
    flows.setMacs(flow, answer.macs);
    return true;
  }

  /** Gives a flow the actions of an answer; false where it cannot have them. */
  #adopt(flow: Megaflow, answer: Translation): boolean {
    if (answer.dropped === "no_recirculation" || !maskCovers(flow.mask, answer.mask)) return false;
    const actions = installedActions(this.#backer, flow.key, answer);
    if (sameActions(flow.actions, actions)) return true;
    const { ufid, key, mask } = flow;
    if (!this.#replace(() => this.#backer.datapath.putFlow({ ufid, key, mask, actions }))) return false;
    flow.actions = actions;
    return true;
  }

  /** False where the datapath refuses: it then must do without the flow. */
  #replace(put: () => void): boolean {
    try {
      put();
      return true;
    } catch (error) {
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
    const finals: readonly (FlowStats | undefined)[] = this.#backer.datapath.deleteFlows(flows.map((f) => f.ufid));
    flows.forEach((flow, i) => {
      const stats = finals[i];
      if (stats) flow.credit(stats);
      this.#backer.flows.delete(flow);
      this.#backer.frozen.release(flow.frozen);
      this.#backer.counters.flowsDeleted.add();
    });
  }
}

/** True where some action, however deep, sends to a datapath port. */
function outputsTo(actions: readonly DatapathAction[], port: number): boolean {
  return actions.some((a) => {
    switch (a.kind) {
      case "output":
        return a.port === port;
      case "sample":
      case "clone":
        return outputsTo(a.actions, port);
      case "check_pkt_len":
        return outputsTo(a.greater, port) || outputsTo(a.lessEqual, port);
      default:
        return false;
    }
  });
}

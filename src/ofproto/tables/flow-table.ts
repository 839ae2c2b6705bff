import { Classifier } from "#flow/classifier.js";
import { NEVER, type Version } from "#flow/classifier-entry.js";
import type { FlowKey, FlowMask } from "#flow/key.js";
import type { MissConfig } from "#openflow/messages/table/features-model.js";
import type { TableEffect } from "../effect.js";
import { Eviction } from "./eviction.js";
import { Expiry } from "./expiry.js";
import type { Rule } from "./rule.js";
import { defaultPrefixes, type FlowTableSettings } from "./table-settings.js";
import { Vacancy, type VacancyLimits, vacancyOf } from "./vacancy.js";

/** One of a bridge's flow tables: rules by match and priority, visible by version. `FlowTables` says which version is now. */
export class FlowTable {
  readonly id: number;
  readonly classifier: Classifier<Rule> = new Classifier<Rule>(defaultPrefixes);
  readonly expiry: Expiry;
  /** Rules that have not been taken out, those that are not published yet among them. */
  count = 0;
  /** Packets that were looked up here, and how many of them matched a rule. */
  lookups = 0;
  matches = 0;
  /** The name that a controller gave it. */
  givenName = "";
  /** What becomes of packets that nothing matches, as a controller of OpenFlow 1.1 or 1.2 said it. */
  missConfig: MissConfig = "default";
  /** Live flows that controllers are not told of. */
  #hidden = 0;
  /** A controller's word that flows make room for others. */
  #mayEvict = false;
  #settings: FlowTableSettings = {};
  #eviction: Eviction | undefined;
  #vacancy: Vacancy | undefined;

  /** What it is to a packet that was looked up here, and found or not: the same objects for all packets. */
  readonly hit: TableEffect = { kind: "table", table: this, matched: true };
  readonly miss: TableEffect = { kind: "table", table: this, matched: false };

  /** `expiry` is that of all tables. */
  constructor(id: number, expiry: Expiry = new Expiry()) {
    this.id = id;
    this.expiry = expiry;
  }

  /** The operator's name for it, or a controller's; empty where it has none. */
  get name(): string {
    return this.#settings.name ?? this.givenName;
  }

  /** The most flows it takes; undefined for as many as come. */
  get flowLimit(): number | undefined {
    return this.#settings.flowLimit;
  }

  /** What the operator wants. Flows that are too many then are for `toEvict`. */
  configure(settings: FlowTableSettings): void {
    const old = this.#settings;
    this.#settings = settings;
    const [prefixes, before] = [settings.prefixes ?? defaultPrefixes, old.prefixes ?? defaultPrefixes];
    if (prefixes.join() !== before.join()) this.classifier.trackPrefixes(prefixes);
    this.#indexEviction();
  }

  /** A controller's word that flows make room for others, or do not. */
  get mayEvict(): boolean {
    return this.#mayEvict;
  }

  set mayEvict(mayEvict: boolean) {
    this.#mayEvict = mayEvict;
    this.#indexEviction();
  }

  /** Live flows that controllers are told of. */
  get active(): number {
    return this.count - this.#hidden;
  }

  /** Whether it is full. */
  get isFull(): boolean {
    return this.flowLimit !== undefined && this.count >= this.flowLimit;
  }

  /** The flow that makes room; undefined where none may. */
  toEvict(): Rule | undefined {
    return this.#eviction?.choose();
  }

  /** From when on it tells how full it is; undefined where it does not. */
  get vacancyLimits(): VacancyLimits | undefined {
    return this.#vacancy?.limits;
  }

  set vacancyLimits(limits: VacancyLimits | undefined) {
    this.#vacancy = limits && new Vacancy(limits, this.vacancy);
  }

  /** Free places in percent. */
  get vacancy(): number {
    return vacancyOf(this.count, this.flowLimit);
  }

  /** What it has to tell of how full it is; each event once. */
  vacancyEvent(): "vacancy_down" | "vacancy_up" | undefined {
    return this.#vacancy?.check(this.vacancy);
  }

  /** The rule for a packet at a version; the bits it depends on are added to `mask`. */
  lookup(version: Version, key: FlowKey, mask: FlowMask): Rule | undefined {
    return this.classifier.lookup(version, key, mask)?.rule;
  }

  /** Adds a rule, in the place of one with the same match and priority, at once: for the switch's own rules. */
  add(rule: Rule, version: Version = 0): void {
    const old = this.classifier.findExact(rule.match, rule.priority, version);
    if (old) this.delete(old.rule);
    this.insert(rule, version);
  }

  /** Takes a rule out at once, whatever the version. */
  delete(rule: Rule): void {
    this.hide(rule, 0);
    this.purge(rule);
  }

  /** Takes all rules out at once. */
  clear(): void {
    for (const { rule } of [...this.classifier.entries()]) if (rule.isLive) this.delete(rule);
  }

  /** Makes a rule visible from a version on. */
  insert(rule: Rule, version: Version): void {
    const { priority, shape, values, clauses } = rule;
    rule.entry = this.classifier.insertEntry({ rule, priority, shape, values, clauses }, version);
    this.#entered(rule);
  }

  /** Makes a live rule invisible from a version on. */
  hide(rule: Rule, version: Version): void {
    rule.entry!.removed = version;
    this.count--;
    if (rule.isHidden) this.#hidden--;
    this.expiry.remove(rule);
    this.#eviction?.remove(rule);
  }

  /** Takes `hide` back. */
  unhide(rule: Rule): void {
    rule.entry!.removed = NEVER;
    this.#entered(rule);
  }

  /** Forgets a rule that was hidden. */
  purge(rule: Rule): void {
    this.classifier.remove(rule.entry!);
  }

  /** Lowers a live flow's timeouts, in seconds; 0 leaves one as it is. One that is lower already stays. */
  lowerTimeouts(rule: Rule, idle: number, hard: number): void {
    const isLower = (wanted: number, now: number): boolean => wanted !== 0 && (now === 0 || now > wanted);
    const [isIdle, isHard] = [isLower(idle, rule.idleTimeout), isLower(hard, rule.hardTimeout)];
    if (!rule.isLive || !(isIdle || isHard)) return;
    this.expiry.remove(rule);
    this.#eviction?.remove(rule);
    if (isIdle) rule.idleTimeout = idle;
    if (isHard) rule.hardTimeout = hard;
    this.expiry.add(rule);
    this.#eviction?.add(rule);
  }

  /** Rules that lookups at a version see, of higher priority first. */
  rules(version: Version): Rule[] {
    return [...this.classifier.entries()]
      .map((e) => e.rule)
      .filter((rule) => rule.isVisible(version))
      .sort((a, b) => b.priority - a.priority);
  }

  get size(): number {
    return this.classifier.size;
  }

  #entered(rule: Rule): void {
    this.count++;
    this.expiry.add(rule);
    if (rule.isHidden) this.#hidden++;
    else this.#eviction?.add(rule);
  }

  #indexEviction(): void {
    const { evicts = false, groups = [] } = this.#settings;
    this.#eviction = evicts || this.#mayEvict ? new Eviction(groups) : undefined;
    if (this.#eviction === undefined) return;
    for (const { rule } of this.classifier.entries()) if (rule.isLive && !rule.isHidden) this.#eviction.add(rule);
  }
}

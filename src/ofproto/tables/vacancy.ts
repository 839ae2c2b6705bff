/** From which fill a table tells that it is getting full or empty, in percent of free places. */
export interface VacancyLimits {
  readonly down: number;
  readonly up: number;
}

/** What a table tells: it got fuller than `down` says, or, having told that, emptier than `up` says. */
export type VacancyEvent = "vacancy_down" | "vacancy_up";

/** What a table holds that has no limit, as controllers are told it. */
const MANY = 1_000_000;

/** Free places in percent, rounded down. */
export function vacancyOf(count: number, limit: number | undefined): number {
  const most = limit ?? MANY;
  return most === 0 ? 0 : Math.max(0, Math.floor(((most - count) * 100) / most));
}

/** Vacancy events of a table, OpenFlow 1.4 "Vacancy events": down and up take turns. */
export class Vacancy {
  readonly limits: VacancyLimits;
  #next: VacancyEvent;

  /** `now`: free places, in percent. */
  constructor(limits: VacancyLimits, now: number) {
    this.limits = limits;
    this.#next = now < limits.up ? "vacancy_up" : "vacancy_down";
  }

  /** The event that so many free places, in percent, are. */
  check(now: number): VacancyEvent | undefined {
    const { up, down } = this.limits;
    const event = this.#next;
    if (event === "vacancy_down" ? now >= down : now <= up) return undefined;
    this.#next = event === "vacancy_down" ? "vacancy_up" : "vacancy_down";
    return event;
  }
}

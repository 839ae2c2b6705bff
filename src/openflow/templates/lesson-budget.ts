/** So many are left unlearnt at first: learning is not for a handful. */
const UNLEARNT = 16;
/** So many kinds are learnt at first, and one more for each so many that were known. */
const FIRST = 64;
const KNOWN_PER_LESSON = 16;
/** More are not learnt: they take memory. */
const MOST = 4096;

/** How much may be learnt: where hardly anything comes twice, learning costs more than it saves. */
export class LessonBudget {
  #learnt = 0;
  #known = 0;
  #unknown = 0;

  /** Something was known. */
  known(): void {
    this.#known++;
  }

  /** True where one more may be learnt, which counts then. */
  take(): boolean {
    if (this.#unknown < UNLEARNT) {
      this.#unknown++;
      return false;
    }
    if (this.#learnt >= Math.min(MOST, FIRST + this.#known / KNOWN_PER_LESSON)) return false;
    this.#learnt++;
    return true;
  }
}

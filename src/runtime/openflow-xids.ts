/** Transaction ids, one after the other from 1: a process has one of these, so that no two of its requests look alike. */
export class Xids {
  #last = 0;

  /** The next one; never 0, which is what switches put into messages that nobody asked for. */
  next(): number {
    this.#last = this.#last === 0xffffffff ? 1 : this.#last + 1;
    return this.#last;
  }
}

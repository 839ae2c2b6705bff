/** The most frames a turn takes. */
export const MOST_FRAMES = 256;
/** Fewer where a turn would send more than that, as when each goes to many ports; others wait for what they cost. */
const LONG_TURN = 512;
const LEAST_FRAMES = 4;
/** What the packets of a port that come back from upcalls may send in all; they are few. */
const LONG_UPCALLS = 8192;
/** So many forwarded frames make what is known of their cost new. */
const COST_MEMORY = 64;

/** How many frames a forwarding thread takes per turn, by what forwarding them has cost lately. */
export class TurnBudget {
  /** Frames of the next turn. */
  frames: number = MOST_FRAMES;
  /** Frames that a forwarded frame has become lately, on average. */
  #copies = 1;

  /** The share (0 to 1) of the usual number of packets that each port may have waiting in upcalls: as many as a turn can forward. */
  get upcallShare(): number {
    return Math.min(1, (this.frames * LONG_UPCALLS) / (MOST_FRAMES * LONG_TURN)) ** 1.5;
  }

  /**
   * Notes how many packets a turn has forwarded, and how many it sent; true where the budget is another one now. A turn that forwarded nothing says nothing: packets
   * that went up come back, and cost then.
   */
  note(forwarded: number, sent: number): boolean {
    if (forwarded <= 0) return false;
    this.#copies += (sent / forwarded - this.#copies) * Math.min(1, forwarded / COST_MEMORY);
    const fitting = 2 ** Math.floor(Math.log2(LONG_TURN / Math.max(1, this.#copies)));
    const frames = Math.min(MOST_FRAMES, Math.max(LEAST_FRAMES, fitting));
    if (frames === this.frames) return false;
    this.frames = frames;
    return true;
  }
}

import { branch, Operation } from "#bpf/forward/layout.js";
import type { KernelPort } from "./encode-program.js";
import type { OperationList } from "./operation-list.js";

const ETHERNET = 14;
const TAG = 4;
/** Longer than any packet. */
const WHOLE = 0xffff;

const GOES_ON = "goes on with packets that it has cut off";

/**
 * What a list that is being made cuts off packets. In the kernel only the packet itself can be cut, so that it is never longer again: what comes behind must want no more of it. Packets that the kernel
 * would cut otherwise than the thread does are left to that before anything is done.
 */
export class Cuts {
  readonly #list: OperationList;
  readonly #check: ReturnType<OperationList["add"]>;
  /** What is to be left where the packet goes next. */
  #next: number | undefined;
  /** What is left of it. */
  #left = WHOLE;
  #shortest = WHOLE;

  /** The list is to be empty. */
  constructor(list: OperationList) {
    this.#list = list;
    list.countsLater = true;
    this.#check = list.addOther(Operation.mayCut, WHOLE);
  }

  /** So many bytes, but a header, are to be left where the packet goes next. */
  next(length: number): void {
    this.#next = Math.max(length, ETHERNET);
  }

  /** Why a step that is no output cannot come now; undefined where it can. */
  refuse(): string | undefined {
    if (this.#next !== undefined) return "cuts packets off for something else than an output";
    return this.#left === WHOLE ? undefined : GOES_ON;
  }

  /**
   * Has what goes out by a port next be cut off as it is to be; `grown` tells how much longer it may be than it came, and `isEnd` whether only such outputs come behind. "whole" where it is not cut off, else why it
   * cannot be, undefined where it can.
   */
  output(
    { mtu, downSlot }: KernelPort,
    grown: number,
    isEnd: boolean,
  ): "whole" | { readonly reason: string } | undefined {
    const length = this.#next;
    this.#next = undefined;
    if (length === undefined) return this.#left === WHOLE ? "whole" : { reason: GOES_ON };
    // Of a large segment the thread sends nothing then.
    if (length > mtu + ETHERNET) return { reason: "cuts packets off where their port would" };
    if (downSlot !== undefined) return undefined;
    if (length > this.#left) return { reason: GOES_ON };
    if (!isEnd) return { reason: "cuts a copy off and goes on" };
    if (length < this.#left) this.#cut(length, grown);
    return undefined;
  }

  #cut(length: number, grown: number): void {
    this.#list.addOther(Operation.cut, length);
    this.#left = length;
    // One tag is beside the packet, and others may have moved its headers.
    this.#shortest = Math.max(0, Math.min(this.#shortest, length - TAG - Math.max(0, grown)));
    this.#check.view.setUint32(branch.value, this.#shortest, true);
  }
}

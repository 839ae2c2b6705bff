import { branch, HeadFlag, MAX_OPERATIONS, MAX_OTHERS, Operation, operationHead } from "#bpf/forward/layout.js";

/** A list of operations with its head, as `#bpf/forward/layout.js` says. */
export interface ForwardOperations {
  readonly bytes: Uint8Array;
  /** The same for equal lists only. */
  readonly id: string;
  /** Sets of devices that it names. */
  readonly sets: readonly number[];
}

/** An operation; what is behind its code is to be written. */
interface OperationUnit {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** A list of operations that is being made. */
export class OperationList {
  /** The longest frame that it is for. */
  limit = 0xffff;
  /** Outputs that each packet meets. */
  outputs = 0;
  /** Bytes that are put in front of large segments. */
  pushed = 0;
  /** One of the operations has the packet counted. */
  countsLater = false;
  /** It is for packets only whose checksum is that of their outer transport header. */
  isGuarded = false;
  /** Sets of devices that it names. */
  readonly sets: number[] = [];
  readonly #bytes = new Uint8Array(operationHead.size * (MAX_OPERATIONS + 1));
  #units = 1;
  #isFull = false;
  #others = 0;

  /** There is an operation that the part `others` does. */
  get needsOthers(): boolean {
    return this.#others > 0;
  }

  /** There is room for operations of that part: one that sends copies, and one for what it does not send. */
  get hasOthers(): boolean {
    return this.#others + 2 <= MAX_OTHERS;
  }

  get length(): number {
    return this.#units - 1;
  }

  /** More was added than a list holds. */
  get isFull(): boolean {
    return this.#isFull || this.#others > MAX_OTHERS;
  }

  add(code: number): OperationUnit {
    // The last place is the end's.
    if (this.#units >= MAX_OPERATIONS) {
      this.#isFull = true;
      this.#units--;
    }
    return this.#next(code);
  }

  #next(code: number): OperationUnit {
    const bytes = this.#bytes.subarray(operationHead.size * this.#units, operationHead.size * ++this.#units);
    bytes.fill(0);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(0, code, true);
    return { bytes, view };
  }

  /** Adds an operation of the part `others`. */
  addOther(code: number, value = 0): OperationUnit {
    this.#others++;
    const unit = this.add(code);
    unit.view.setUint32(branch.value, value, true);
    return unit;
  }

  /** Has an operation go on with the one that is added next. */
  aimHere({ view }: OperationUnit): void {
    view.setUint8(branch.target, this.length);
  }

  /** What packets that are dropped are counted as, if each is, is `drop`. */
  finish(drop: number): ForwardOperations {
    this.#next(Operation.end);
    const bytes = this.#bytes.slice(0, operationHead.size * this.#units);
    const view = new DataView(bytes.buffer);
    const flags =
      (this.countsLater ? HeadFlag.countsLater : 0) |
      (this.isGuarded ? HeadFlag.guarded : 0) |
      (this.sets.length > 0 ? HeadFlag.copies : 0);
    view.setUint16(operationHead.flags, flags, true);
    view.setUint16(operationHead.pushed, this.pushed, true);
    view.setUint32(operationHead.limit, Math.max(0, this.limit), true);
    view.setUint32(operationHead.outputs, this.outputs, true);
    view.setUint32(operationHead.drop, drop, true);
    let id = "";
    for (const byte of bytes) id += String.fromCharCode(byte);
    return { bytes, id, sets: this.sets };
  }
}

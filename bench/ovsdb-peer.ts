import { writeSync } from "node:fs";
import { connect, type Socket } from "node:net";

const replyMark = Buffer.from('"error":null}');
const updateMark = Buffer.from('"method":"update');

/** Counts how often a mark comes in a stream that arrives in pieces. */
class MarkCounter {
  readonly #mark: Buffer;
  #tail: Buffer = Buffer.alloc(0);
  count = 0;

  constructor(mark: Buffer) {
    this.#mark = mark;
  }

  feed(bytes: Buffer): void {
    const mark = this.#mark;
    if (this.#tail.length > 0) {
      const seam = Buffer.concat([this.#tail, bytes.subarray(0, mark.length - 1)]);
      if (seam.indexOf(mark) >= 0) this.count++;
    }
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) this.count++;
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-(mark.length - 1))]).subarray(-(mark.length - 1));
  }
}

/** A client that costs little: it counts messages rather than reading them. Requests must not have braces after `"error":null`. */
export class BenchPeer {
  readonly #socket: Socket;
  readonly #replies = new MarkCounter(replyMark);
  readonly #updates = new MarkCounter(updateMark);
  #onData: (() => void) | undefined;
  /** Keeps the text of what comes, for the few requests whose answers matter. */
  text: string | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      this.#replies.feed(bytes);
      this.#updates.feed(bytes);
      if (this.text !== undefined) this.text += bytes.toString();
      this.#onData?.();
    });
  }

  static open(path: string): Promise<BenchPeer> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => resolve(new BenchPeer(socket)));
      socket.once("error", reject);
    });
  }

  get replies(): number {
    return this.#replies.count;
  }

  get updates(): number {
    return this.#updates.count;
  }

  /** Past Node's queue where that is empty: the client should not be what is measured. */
  send(text: string): void {
    const bytes = Buffer.from(text);
    const { fd } = (this.#socket as Socket & { readonly _handle: { readonly fd: number } })._handle;
    let taken = 0;
    try {
      if (this.#socket.writableLength === 0) taken = writeSync(fd, bytes);
    } catch {
      // The kernel's buffer is full.
    }
    if (taken < bytes.length) this.#socket.write(bytes.subarray(taken));
  }

  /** Waits until a condition holds, looked at whenever something came. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#onData = undefined;
        resolve();
      };
      this.#onData = look;
      look();
    });
  }

  /** Sends `count` requests with at most `window` of them unanswered; calls back with each one's milliseconds where asked. */
  async run(request: (i: number) => string, count: number, window: number, took?: (ms: number) => void): Promise<void> {
    const base = this.replies;
    const began: number[] = [];
    let sent = 0;
    let seen = 0;
    await this.until(() => {
      const done = this.replies - base;
      if (took) for (; seen < done; seen++) took(performance.now() - began[seen]!);
      let text = "";
      while (sent < count && sent - done < window) {
        if (took) began[sent] = performance.now();
        text += request(sent++);
      }
      if (text !== "") this.send(text);
      return done >= count;
    });
  }

  /** Sends one request and gives the text that came until it was answered. */
  async ask(request: string): Promise<string> {
    this.text = "";
    await this.run(() => request, 1, 1);
    const { text } = this;
    this.text = undefined;
    return text;
  }

  close(): void {
    this.#socket.destroy();
  }
}

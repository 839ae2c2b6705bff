import { connect, type Socket } from "node:net";
import { JsonFraming } from "#runtime/json-framing.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";

export interface RawReply {
  readonly result?: Json;
  readonly error?: Json;
}

type Message = { readonly [member: string]: Json };

/** Speaks JSON-RPC to an OVSDB server without any session logic, so that tests see every message. */
export class RawClient {
  readonly notifications: Message[] = [];
  readonly #socket: Socket;
  readonly #framing = new JsonFraming();
  readonly #waiting = new Map<string, (reply: RawReply) => void>();
  #waiters: (() => void)[] = [];
  #id = 0;
  closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => this.#framing.feed(bytes, (json) => this.#take(json as Message)));
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
    socket.on("error", () => {});
  }

  static open(path: string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => resolve(new RawClient(socket)));
      socket.once("error", reject);
    });
  }

  #take(message: Message): void {
    if (message["method"] === "echo") {
      this.send({ id: message["id"]!, result: message["params"]!, error: null });
    } else if (typeof message["method"] === "string") this.notifications.push(message);
    else
      this.#waiting.get(formatJson(message["id"]!))?.({
        result: message["result"] ?? null,
        error: message["error"] ?? null,
      });
    this.#wake();
  }

  send(message: Message): void {
    this.#socket.write(formatJson(message));
  }

  /** Sends a request and waits for what it is answered. */
  call(method: string, params: readonly Json[], id: Json = ++this.#id): Promise<RawReply> {
    return new Promise((resolve) => {
      this.#waiting.set(formatJson(id), resolve);
      this.send({ method, params, id });
    });
  }

  /** Waits until a condition holds, looked at after every message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve);
      });
    }
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  close(): void {
    this.#socket.destroy();
  }
}

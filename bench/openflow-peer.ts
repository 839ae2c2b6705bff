import { connect, type Socket } from "node:net";
import { Framing } from "#openflow/framing.js";
import { readHeader } from "#openflow/header.js";
import { encodeHello, versionBitmap } from "#openflow/hello.js";
import { encodeMessage } from "#openflow/messages/codec.js";
import { OF14 } from "#openflow/version.js";

const ERROR = 1;
const MULTIPART_REPLY = 19;
const BARRIER_REPLY = 21;

/** A bare OpenFlow 1.4 controller that writes bytes made before and waits for their end: what it measures is the switch. */
export class OpenFlowPeer {
  readonly #socket: Socket;
  readonly #framing = new Framing();
  #wanted: ((message: Uint8Array) => boolean) | undefined;
  /** Errors that the switch sent. */
  errors = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#received(chunk));
  }

  static async connect(path: string): Promise<OpenFlowPeer> {
    const socket = connect(path);
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    const peer = new OpenFlowPeer(socket);
    const hello = peer.#until((m) => m[1] === 0);
    socket.write(encodeHello(versionBitmap([OF14]), 1));
    await hello;
    return peer;
  }

  /** Writes messages and a barrier; resolves with the milliseconds until the switch is through with them. */
  async through(messages: Uint8Array): Promise<number> {
    const began = performance.now();
    const done = this.#until((m) => m[1] === BARRIER_REPLY);
    this.#socket.write(messages);
    this.#socket.write(encodeMessage({ kind: "barrier_request" }, OF14, 0x7fffffff));
    await done;
    return performance.now() - began;
  }

  /** Writes a multipart request; resolves with the milliseconds and bytes of the whole answer. */
  async multipart(request: Uint8Array): Promise<{ readonly milliseconds: number; readonly bytes: number }> {
    const began = performance.now();
    let bytes = 0;
    const done = this.#until((m) => {
      if (m[1] !== MULTIPART_REPLY) return false;
      bytes += m.length;
      return (m[11]! & 1) === 0;
    });
    this.#socket.write(request);
    await done;
    return { milliseconds: performance.now() - began, bytes };
  }

  close(): void {
    this.#socket.destroy();
  }

  #until(wanted: (message: Uint8Array) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = (message) => {
        const found = wanted(message);
        if (found) resolve();
        return found;
      };
    });
  }

  #received(chunk: Uint8Array): void {
    this.#framing.receive(chunk);
    for (let message = this.#framing.next(); message !== undefined; message = this.#framing.next()) {
      if (message[1] === ERROR) {
        this.errors++;
        if (this.errors === 1) console.error(`  the switch answered an error to xid ${readHeader(message).xid}`);
      }
      if (this.#wanted?.(message)) this.#wanted = undefined;
    }
  }
}

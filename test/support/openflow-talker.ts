import { connect, type Socket } from "node:net";
import { Framing } from "#openflow/framing.js";
import { MessageType, makeMessage, readHeader } from "#openflow/header.js";
import { decodeMessage, encodeMessages } from "#openflow/messages/codec.js";
import type { Body } from "#openflow/messages/table.js";
import type { Version } from "#openflow/version.js";

const none = new Uint8Array(0);
const FIRST_XID = 0x100;
const FIRST_ECHO = 0x70000000;

/** A peer of a switch that says what it is told to, byte for byte, and gives what the switch answers. */
export class OpenFlowTalker {
  readonly version: Version;
  readonly #socket: Socket;
  readonly #framing = new Framing();
  #got: Uint8Array[] = [];
  #xid = FIRST_XID;
  #echo = FIRST_ECHO;
  #wake: () => void = () => {};

  private constructor(socket: Socket, version: Version) {
    this.version = version;
    this.#socket = socket;
    socket.on("data", (bytes: Uint8Array) => this.#receive(bytes));
    socket.on("close", () => this.#wake());
    socket.on("error", () => {});
  }

  /** Connects to a unix socket and says hello. */
  static async open(path: string, version: Version): Promise<OpenFlowTalker> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    const talker = new OpenFlowTalker(socket, version);
    socket.write(makeMessage(version, MessageType.hello, 1, none));
    await talker.#until(() => talker.#got.length > 0);
    talker.#got = [];
    return talker;
  }

  /** A message with the next xid; of several messages, all. */
  encode(body: Body, flags = 0, xid: number = ++this.#xid): Uint8Array {
    return Buffer.concat(encodeMessages(body, this.version, xid, { flags }));
  }

  /** Sends bytes, and gives all that came until the switch answered an echo behind them, or closed the connection. */
  async say(bytes: Uint8Array): Promise<Uint8Array[]> {
    const xid = ++this.#echo;
    this.#socket.write(bytes);
    this.#socket.write(makeMessage(this.version, MessageType.echoRequest, xid, none));
    const isAnswer = (m: Uint8Array): boolean => m[1] === MessageType.echoReply && readHeader(m).xid === xid;
    await this.#until(() => this.#got.some(isAnswer));
    const said = this.#got.filter((m) => !isAnswer(m));
    this.#got = [];
    return said;
  }

  /** As `say`, of a request whose answers are whole bodies. */
  async ask(body: Body): Promise<Body[]> {
    return (await this.say(this.encode(body))).map((m) => decodeMessage(m).body);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done() && !this.#socket.destroyed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #receive(bytes: Uint8Array): void {
    this.#framing.receive(bytes);
    for (let m = this.#framing.next(); m; m = this.#framing.next()) this.#got.push(Uint8Array.from(m));
    this.#wake();
  }
}

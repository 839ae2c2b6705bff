import { encodeMessages } from "#openflow/messages/codec.js";
import type { AsyncConfig } from "#openflow/messages/connection/async-config.js";
import type { PacketInFormat } from "#openflow/messages/connection/controller-settings.js";
import type { Body } from "#openflow/messages/table.js";
import { type Protocol, protocolOfVersion } from "#openflow/protocol.js";
import type { Version } from "#openflow/version.js";
import type { Log } from "#runtime/logger.js";
import type { OpenFlowSession } from "#runtime/openflow-session.js";
import type { Bridge } from "../bridge.js";
import type { Connection, Role } from "./connection.js";
import { dispatch, type Receiver } from "./dispatch.js";

/** Messages of one connection that are dealt with before others have their turn. */
const MESSAGES_PER_TURN = 50;
/** Bytes of replies that may wait for a peer before its requests wait too. */
const REPLY_BACKLOG = 256 * 1024;

/** One connection to a bridge, from the hellos to its end: reads requests in order and answers them. */
export class ControllerConnection implements Connection, Receiver {
  readonly version: Version;
  readonly isPrimary: boolean;
  protocol: Protocol;
  role: Role = "equal";
  packetInFormat: PacketInFormat = "standard";
  controllerId = 0;
  missSendLength: number;
  wantsInvalidTtl = false;
  async: Pick<AsyncConfig, "primary" | "secondary"> | undefined;
  readonly #bridge: Bridge;
  readonly #session: OpenFlowSession;
  readonly #log: Log;
  readonly #waiting: Uint8Array[] = [];
  #closers: (() => void)[] = [];
  #isOver = false;
  /** A request is being answered, or others have their turn: what comes waits. */
  #isBusy = false;
  /** Requests that this turn has seen; undefined where no turn has begun. */
  #taken: number | undefined;

  constructor(bridge: Bridge, session: OpenFlowSession, version: Version, isPrimary: boolean, log: Log) {
    this.#bridge = bridge;
    this.#session = session;
    this.#log = log;
    this.version = version;
    this.isPrimary = isPrimary;
    this.protocol = protocolOfVersion(version);
    this.missSendLength = isPrimary ? DEFAULT_MISS_SEND_LENGTH : 0;
  }

  get name(): string {
    return this.#session.name;
  }

  get isConnected(): boolean {
    return !this.#isOver && this.#session.isConnected;
  }

  backlog(): number {
    return this.#session.backlog();
  }

  send(body: Body, xid: number): void {
    if (this.#isOver) return;
    for (const bytes of encodeMessages(body, this.version, xid, { protocol: this.protocol })) this.sendBytes(bytes);
  }

  sendBytes(message: Uint8Array): void {
    if (!this.#isOver) this.#session.send(message);
  }

  onClosed(action: () => void): void {
    this.#closers.push(action);
  }

  /** A message came. */
  receive(message: Uint8Array): void {
    if (this.#isBusy) this.#waiting.push(message);
    else this.#take(message);
  }

  /** The connection has ended. What the peer had sent before is still done. */
  ended(): void {
    this.#isOver = true;
    if (!this.#isBusy) this.#finish();
  }

  #take(message: Uint8Array): void {
    const answer = dispatch(message, this.#bridge, this, this.#log);
    if (answer !== undefined) {
      this.#hold(answer);
      return;
    }
    if (this.#taken === undefined) {
      this.#taken = 0;
      setImmediate(() => {
        this.#taken = undefined;
      });
    }
    this.#taken += 1;
    if (this.#session.backlog() > REPLY_BACKLOG) this.#hold(this.#session.drained(REPLY_BACKLOG));
    else if (this.#taken >= MESSAGES_PER_TURN) this.#hold(nextTurn());
  }

  /** Lets what comes wait until a promise is kept. */
  #hold(until: Promise<void>): void {
    this.#isBusy = true;
    this.#session.pause();
    void until.then(() => this.#goOn());
  }

  #goOn(): void {
    this.#isBusy = false;
    while (!this.#isBusy && this.#waiting.length > 0) this.#take(this.#waiting.shift()!);
    if (this.#isBusy) return;
    if (this.#isOver) this.#finish();
    else this.#session.resume();
  }

  #finish(): void {
    const closers = this.#closers;
    this.#closers = [];
    for (const close of closers) close();
  }
}

const DEFAULT_MISS_SEND_LENGTH = 128;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

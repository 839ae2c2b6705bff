import { encodeMessages } from "#openflow/messages/codec.js";
import type { AsyncKind } from "#openflow/messages/connection/async-config.js";
import type { PacketInFormat } from "#openflow/messages/connection/controller-settings.js";
import type { FlowModCommand } from "#openflow/messages/flow/flow-mod.js";
import type { Body } from "#openflow/messages/table.js";
import { type Protocol, protocolOfVersion } from "#openflow/protocol.js";
import type { Version } from "#openflow/version.js";
import type { Log } from "#runtime/logger.js";
import type { OpenFlowSession } from "#runtime/openflow-session.js";
import type { Clock } from "#util/clock.js";
import { UserError } from "#util/errors.js";
import type { Bridge } from "../bridge.js";
import { type AsyncReasons, defaultAsync } from "./async-messages.js";
import type { Connection, Role } from "./connection.js";
import { dispatch } from "./dispatch.js";
import { FlowModReport } from "./flow-mod-report.js";
import { MultipartAssembler } from "./multipart-assembler.js";
import { nextTurn } from "./next-turn.js";

/** Milliseconds for which messages of one connection are dealt with before others have their turn; it is looked after so many messages. */
const TURN = 4;
const MESSAGES_PER_LOOK = 50;
/** More have not even where the clock stands still. */
const MESSAGES_PER_TURN = 2000;
/** Bytes of replies that may wait for a peer before its requests wait too. */
const REPLY_BACKLOG = 256 * 1024;
/** A bit of OFPR_INVALID_TTL. */
const INVALID_TTL = 0b100;

/** What connections to one peer begin with. */
export interface ConnectionStart {
  readonly isPrimary: boolean;
  readonly asyncMessages: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** One connection to a bridge, from the hellos to its end: reads requests in order and answers them. */
export class ControllerConnection implements Connection {
  readonly version: Version;
  isPrimary: boolean;
  protocol: Protocol;
  role: Role = "equal";
  packetInFormat: PacketInFormat = "standard";
  controllerId = 0;
  missSendLength: number;
  wantsInvalidTtl = false;
  async: AsyncReasons;
  readonly assembler: MultipartAssembler;
  readonly #bridge: Bridge;
  readonly #session: OpenFlowSession;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #report: FlowModReport;
  readonly #waiting: Uint8Array[] = [];
  /** Where the packets that were sent end, among all bytes sent; those that the kernel has taken are forgotten. */
  readonly #packetEnds: number[] = [];
  #sentBytes = 0;
  #closers: (() => void)[] = [];
  #isOver = false;
  /** A request is being answered, or others have their turn: what comes waits. */
  #isBusy = false;
  /** Requests that this turn has seen; undefined where no turn has begun. */
  #taken = 0;
  #turnEnd = 0;

  constructor(bridge: Bridge, session: OpenFlowSession, version: Version, start: ConnectionStart) {
    this.#bridge = bridge;
    this.#session = session;
    this.#log = start.log;
    this.#clock = start.clock;
    this.assembler = new MultipartAssembler(start.clock);
    this.version = version;
    this.isPrimary = start.isPrimary;
    this.protocol = protocolOfVersion(version);
    this.missSendLength = start.isPrimary ? DEFAULT_MISS_SEND_LENGTH : 0;
    this.async = defaultAsync(version, start.asyncMessages);
    const connmgr = start.log.module("connmgr");
    this.#report = new FlowModReport(start.clock, (text) => connmgr.info(`${this.name}: ${text}`));
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

  drained(): Promise<void> {
    return this.#session.drained(0);
  }

  wants(kind: AsyncKind, reason: number): boolean {
    if (!this.isConnected || (!this.isPrimary && this.missSendLength === 0)) return false;
    const reasons = this.async[this.role === "secondary" ? "secondary" : "primary"][kind];
    const more = kind === "PACKET_IN" && this.wantsInvalidTtl ? INVALID_TTL : 0;
    return (((reasons ?? 0) | more) & (1 << reason)) !== 0;
  }

  send(body: Body, xid: number): void {
    if (this.#isOver) return;
    for (const bytes of encodeMessages(body, this.version, xid, { protocol: this.protocol })) this.sendBytes(bytes);
  }

  /** Sends a message that nobody asked for, where its version has such a message. */
  notify(body: Body): void {
    try {
      this.send(body, 0);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }

  /** Sends a message that is whole. */
  sendBytes(message: Uint8Array): void {
    if (!this.#isOver && this.#session.send(message)) this.#sentBytes += message.length;
  }

  /** Sends a packet, unless `limit` packets wait for the kernel to take them already: then it is dropped, and false. */
  sendPacket(body: Body, limit: number): boolean {
    const taken = this.#sentBytes - this.backlog();
    while (this.#packetEnds.length > 0 && this.#packetEnds[0]! <= taken) this.#packetEnds.shift();
    if (this.#packetEnds.length >= limit) return false;
    this.notify(body);
    if (this.backlog() > 0) this.#packetEnds.push(this.#sentBytes);
    return true;
  }

  countFlowMod(command: FlowModCommand): void {
    this.#report.count(command);
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
    if (this.#taken === 0) {
      setImmediate(() => {
        this.#taken = 0;
        this.#turnEnd = 0;
      });
    }
    this.#taken++;
    if (this.#session.backlog() > REPLY_BACKLOG) this.#hold(this.#session.drained(REPLY_BACKLOG));
    else if (this.#taken % MESSAGES_PER_LOOK === 0 && this.#isLong()) this.#hold(nextTurn());
  }

  /** True where this turn has been long enough. */
  #isLong(): boolean {
    const now = this.#clock.now();
    if (this.#turnEnd === 0) this.#turnEnd = now + TURN;
    return now >= this.#turnEnd || this.#taken >= MESSAGES_PER_TURN;
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
    this.assembler.clear();
    this.#report.flush();
    const closers = this.#closers;
    this.#closers = [];
    for (const close of closers) close();
  }
}

const DEFAULT_MISS_SEND_LENGTH = 128;

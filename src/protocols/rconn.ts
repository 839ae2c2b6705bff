/** States of an OpenFlow connection that is kept up, with upstream's names. `DISCONNECTED` ends one that is not kept up. */
export type RconnState = "VOID" | "BACKOFF" | "CONNECTING" | "ACTIVE" | "IDLE" | "DISCONNECTED";

/** What the owner of the connection shall do now. */
export type RconnAction = "connect" | "disconnect" | "probe";

export interface RconnSettings {
  /** The longest wait between attempts, in milliseconds, cut to whole seconds; 8000 by default, at least 1000. */
  readonly maxBackoff?: number;
  /** Milliseconds of silence before a probe, and after it before giving up: 0 never, 5000 (the default) at least. */
  readonly probeInterval?: number;
}

export type RconnLog = (level: "err" | "warn" | "info" | "dbg", message: string) => void;

/** Figures for status columns. Times are the clock's milliseconds, undefined where it never happened. */
export interface RconnStats {
  readonly state: RconnState;
  readonly isConnected: boolean;
  readonly stateEntered: number;
  readonly lastConnected: number | undefined;
  readonly lastDisconnected: number | undefined;
  /** Why the last connection ended or attempt failed, in strerror's words. Stays through later connections. */
  readonly lastError: string | undefined;
  readonly attempts: number;
  readonly successes: number;
}

const second = 1000;
const defaultMaxBackoff = 8 * second;
const leastProbeInterval = 5 * second;

/**
 * Decides when to connect to an OpenFlow peer, to probe it and to give it up. It does nothing itself: the owner calls `run` when `deadline`
 * has come, does what that says, and tells what happened. A connection that a peer opened (`accept`) ends for good in `DISCONNECTED`, and is
 * less talkative. It differs from `Reconnect`, which is OVSDB's, in its words, its levels and its waits, as upstream's does.
 */
export class Rconn {
  name = "void";
  readonly #log: RconnLog;
  #maxBackoff: number;
  #probeInterval: number;
  #kept = false;
  #state: RconnState = "VOID";
  #stateEntered: number;
  #backoff = 0;
  #lastActivity: number;
  #lastConnected: number | undefined;
  #lastDisconnected: number | undefined;
  #lastError: string | undefined;
  #attempts = 0;
  #successes = 0;
  /** That an attempt has begun is logged when something has come of it: one that fails at once never was `CONNECTING`. */
  #silentlyConnecting = false;

  constructor(now: number, settings: RconnSettings = {}, log: RconnLog = () => {}) {
    this.#log = log;
    this.#stateEntered = now;
    this.#lastActivity = now;
    this.#maxBackoff = clampBackoff(settings.maxBackoff ?? defaultMaxBackoff);
    this.#probeInterval = clampProbe(settings.probeInterval ?? leastProbeInterval);
  }

  get state(): RconnState {
    return this.#state;
  }

  get isConnected(): boolean {
    return this.#state === "ACTIVE" || this.#state === "IDLE";
  }

  /** True while there is a connection, or another attempt will be made. */
  get isAlive(): boolean {
    return this.#state !== "VOID" && this.#state !== "DISCONNECTED";
  }

  stats(): RconnStats {
    return {
      state: this.#state,
      isConnected: this.isConnected,
      stateEntered: this.#stateEntered,
      lastConnected: this.#lastConnected,
      lastDisconnected: this.#lastDisconnected,
      lastError: this.#lastError,
      attempts: this.#attempts,
      successes: this.#successes,
    };
  }

  setMaxBackoff(milliseconds: number): void {
    this.#maxBackoff = clampBackoff(milliseconds);
    this.#backoff = Math.min(this.#backoff, this.#maxBackoff);
  }

  setProbeInterval(milliseconds: number): void {
    this.#probeInterval = clampProbe(milliseconds);
  }

  /** Begins to want a connection, and to keep it up; the first attempt is due at once. */
  enable(now: number): void {
    this.#kept = true;
    this.#backoff = 0;
    this.#set(now, "BACKOFF");
  }

  /** Takes a connection that a peer opened; `negotiated` is next. */
  accept(now: number): void {
    this.#kept = false;
    this.#enter(now, "CONNECTING");
  }

  /** Stops to want one. */
  disable(now: number): void {
    if (this.#state !== "VOID") this.#set(now, "VOID");
  }

  /** An attempt has begun. */
  connecting(now: number): void {
    this.#attempts += 1;
    if (this.#backoff < this.#maxBackoff) this.#log("info", `${this.name}: connecting...`);
    this.#silentlyConnecting = true;
    this.#set(now, "CONNECTING");
  }

  /** The stream stands; the peer's hello is waited for. */
  reached(): void {
    this.#tellConnecting();
  }

  /** Both sides have agreed on a version. */
  negotiated(now: number): void {
    this.#tellConnecting();
    this.#successes += 1;
    this.#lastActivity = now;
    this.#lastConnected = now;
    this.#log(this.#kept ? "info" : "dbg", `${this.name}: connected`);
    this.#enter(now, "ACTIVE");
  }

  /** No stream could be had: `reason` in strerror's words. */
  connectFailed(now: number, reason: string): void {
    this.#silentlyConnecting = false;
    this.#lastError = reason;
    this.#log("warn", `${this.name}: connection failed (${reason})`);
    this.#backOffLonger();
    this.#enter(now, this.#kept ? "BACKOFF" : "DISCONNECTED");
  }

  /** The connection is over: `reason` in strerror's words, `End of file` for an orderly end by the peer. */
  disconnected(now: number, reason: string): void {
    if (!this.isAlive || this.#state === "BACKOFF") return;
    this.#tellConnecting();
    this.#lastError = reason;
    this.#lastDisconnected = now;
    this.#sayLost(reason);
    if (!this.#kept) {
      this.#enter(now, "DISCONNECTED");
      return;
    }
    this.#fallBack(now);
  }

  /** The owner drops the connection, to make another after the usual wait. An attempt goes on. */
  reconnect(now: number): void {
    if (!this.#kept || !this.isConnected) return;
    this.#log("info", `${this.name}: disconnecting`);
    this.#lastDisconnected = now;
    this.#lastError = undefined;
    this.#fallBack(now);
  }

  /** Waits before another attempt: for longer each time, unless the connection lasted. */
  #fallBack(now: number): void {
    const lasted = this.isConnected ? now - (this.#lastConnected ?? now) : undefined;
    if (lasted !== undefined && lasted >= this.#backoff) this.#backoff = second;
    else this.#backOffLonger();
    this.#enter(now, "BACKOFF");
  }

  /** A message came from the peer. */
  activity(now: number): void {
    this.#lastActivity = now;
    if (this.#state === "IDLE") this.#enter(now, "ACTIVE");
  }

  /** When `run` has something to say; undefined while only events matter. */
  deadline(): number | undefined {
    switch (this.#state) {
      case "VOID":
      case "DISCONNECTED":
        return undefined;
      case "BACKOFF":
        return this.#stateEntered + this.#backoff;
      case "CONNECTING":
        return this.#stateEntered + Math.max(second, this.#backoff);
      case "ACTIVE":
        return this.#probeInterval === 0 ? undefined : this.#idleSince() + this.#probeInterval;
      case "IDLE":
        return this.#probeInterval === 0 ? undefined : this.#stateEntered + this.#probeInterval;
    }
  }

  /** What is to be done now, if anything. `disconnect` is followed by `disconnected` with the words of ETIMEDOUT. */
  run(now: number): RconnAction | undefined {
    const deadline = this.deadline();
    if (deadline === undefined || now < deadline) return undefined;
    switch (this.#state) {
      case "BACKOFF":
        return "connect";
      case "ACTIVE":
        this.#log("dbg", `${this.name}: idle ${seconds(now - this.#idleSince())} seconds, sending inactivity probe`);
        this.#enter(now, "IDLE");
        return "probe";
      case "IDLE": {
        const silent = seconds(now - this.#stateEntered);
        this.#log("err", `${this.name}: no response to inactivity probe after ${silent} seconds, disconnecting`);
        return "disconnect";
      }
      default:
        return "disconnect";
    }
  }

  #idleSince(): number {
    return Math.max(this.#lastActivity, this.#stateEntered);
  }

  #sayLost(reason: string): void {
    const info = this.#kept ? "info" : "dbg";
    if (reason === timedOut) {
      // Of one that did not answer the probe there is a line already.
      if (this.#state !== "IDLE") this.#log(info, `${this.name}: connection timed out`);
    } else if (reason === "End of file") this.#log(info, `${this.name}: connection closed by peer`);
    else this.#log("warn", `${this.name}: connection dropped (${reason})`);
  }

  #backOffLonger(): void {
    if (!this.#kept || this.#backoff >= this.#maxBackoff) return;
    this.#backoff = this.#backoff === 0 ? second : Math.min(this.#backoff * 2, this.#maxBackoff);
    if (this.#backoff < this.#maxBackoff) {
      this.#log("info", `${this.name}: waiting ${this.#backoff / second} seconds before reconnect`);
      return;
    }
    const told = "continuing to retry connections in the background but suppressing further logging";
    this.#log("info", `${this.name}: ${told}`);
  }

  #tellConnecting(): void {
    if (!this.#silentlyConnecting) return;
    this.#silentlyConnecting = false;
    this.#log("dbg", `${this.name}: entering CONNECTING`);
  }

  #enter(now: number, state: RconnState): void {
    this.#log("dbg", `${this.name}: entering ${state}`);
    this.#set(now, state);
  }

  #set(now: number, state: RconnState): void {
    this.#state = state;
    this.#stateEntered = now;
  }
}

/** strerror's words for ETIMEDOUT. */
const timedOut = "Connection timed out";

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / second);
}

function clampBackoff(milliseconds: number): number {
  return Math.max(1, seconds(milliseconds)) * second;
}

function clampProbe(milliseconds: number): number {
  return milliseconds <= 0 ? 0 : Math.max(leastProbeInterval, seconds(milliseconds) * second);
}

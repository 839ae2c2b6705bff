/** States of a connection that is kept up, with upstream's names. */
export type ReconnectState = "VOID" | "BACKOFF" | "CONNECTING" | "ACTIVE" | "IDLE" | "RECONNECT" | "LISTENING";

/** What the owner of the connection shall do now. */
export type ReconnectAction = "connect" | "disconnect" | "probe";

export interface ReconnectSettings {
  /** Milliseconds before the second attempt; 1000 by default. Each failure doubles it, up to `maxBackoff`. */
  readonly minBackoff?: number;
  /** 8000 by default. */
  readonly maxBackoff?: number;
  /** Milliseconds of silence after which the peer is probed, and after as much again given up; 0 never. 5000 by default. */
  readonly probeInterval?: number;
  /** How many attempts to connect may be made; unlimited by default, 0 for a connection that others made. */
  readonly maxTries?: number;
  /** Listens for the peer instead of connecting to it. */
  readonly passive?: boolean;
  /** Logs at level dbg what otherwise is info. */
  readonly quiet?: boolean;
}

export type ReconnectLog = (level: "err" | "warn" | "info" | "dbg", message: string) => void;

/** Figures for status columns. Times are the clock's milliseconds, undefined where it never happened. */
export interface ReconnectStats {
  readonly state: ReconnectState;
  readonly isConnected: boolean;
  readonly stateEntered: number;
  readonly lastActivity: number | undefined;
  readonly lastConnected: number | undefined;
  readonly lastDisconnected: number | undefined;
  readonly attempts: number;
  readonly successes: number;
  /** Milliseconds connected before the present connection. */
  readonly connectedBefore: number;
}

const longestBackoff = 2 ** 31;

/**
 * Decides when to connect, to probe and to give up, with exponential back-off. It does nothing itself: the owner calls `run`
 * when `deadline` has come, does what that says, and tells what happened. Log lines have upstream's words.
 */
export class Reconnect {
  name = "void";
  readonly #log: ReconnectLog;
  #minBackoff: number;
  #maxBackoff: number;
  #probeInterval: number;
  #maxTries: number;
  #passive: boolean;
  #quiet: boolean;
  #state: ReconnectState = "VOID";
  #stateEntered: number;
  #backoff = 0;
  #lastActivity: number | undefined;
  #lastConnected: number | undefined;
  #lastDisconnected: number | undefined;
  #attempts = 0;
  #successes = 0;
  #connectedBefore = 0;

  constructor(now: number, settings: ReconnectSettings = {}, log: ReconnectLog = () => {}) {
    this.#log = log;
    this.#stateEntered = now;
    this.#minBackoff = Math.max(1000, settings.minBackoff ?? 1000);
    this.#maxBackoff = Math.max(1000, settings.maxBackoff ?? 8000, this.#minBackoff);
    this.#probeInterval = clampProbe(settings.probeInterval ?? 5000);
    this.#maxTries = settings.maxTries ?? Number.POSITIVE_INFINITY;
    this.#passive = settings.passive ?? false;
    this.#quiet = settings.quiet ?? false;
  }

  get state(): ReconnectState {
    return this.#state;
  }

  get isConnected(): boolean {
    return this.#state === "ACTIVE" || this.#state === "IDLE";
  }

  /** True unless it was disabled or has used up its tries. */
  get isAlive(): boolean {
    return this.#state !== "VOID";
  }

  get probeInterval(): number {
    return this.#probeInterval;
  }

  stats(): ReconnectStats {
    return {
      state: this.#state,
      isConnected: this.isConnected,
      stateEntered: this.#stateEntered,
      lastActivity: this.#lastActivity,
      lastConnected: this.#lastConnected,
      lastDisconnected: this.#lastDisconnected,
      attempts: this.#attempts,
      successes: this.#successes,
      connectedBefore: this.#connectedBefore,
    };
  }

  setProbeInterval(milliseconds: number): void {
    this.#probeInterval = clampProbe(milliseconds);
  }

  setBackoff(min: number, max: number): void {
    this.#minBackoff = Math.max(1000, min);
    this.#maxBackoff = Math.min(longestBackoff, Math.max(1000, max, this.#minBackoff));
    this.#backoff = Math.min(this.#backoff, this.#maxBackoff);
  }

  setMaxTries(tries: number): void {
    this.#maxTries = tries;
  }

  setPassive(passive: boolean, now: number): void {
    if (this.#passive === passive) return;
    this.#passive = passive;
    const wrong = passive ? this.#state === "CONNECTING" || this.#state === "RECONNECT" : this.#state === "LISTENING";
    if (wrong) this.#enter(now, "BACKOFF");
  }

  setQuiet(quiet: boolean): void {
    this.#quiet = quiet;
  }

  /** Begins to want a connection. */
  enable(now: number): void {
    if (this.#state === "VOID" && this.#mayTry()) {
      this.#backoff = 0;
      this.#enter(now, "BACKOFF");
    }
  }

  /** Stops to want one. */
  disable(now: number): void {
    if (this.#state !== "VOID") this.#enter(now, "VOID");
  }

  /** Drops the connection, or the attempt, and begins anew. */
  forceReconnect(now: number): void {
    if (this.#state === "CONNECTING" || this.isConnected) this.#enter(now, "RECONNECT");
  }

  /** Makes the next attempt come without waiting, as when another remote is to be tried. */
  skipBackoff(): void {
    if (this.#state === "BACKOFF") this.#backoff = 0;
  }

  /** An attempt has begun. */
  connecting(now: number): void {
    if (this.#state === "CONNECTING") return;
    this.#note(`${this.name}: ${this.#passive ? "listening..." : "connecting..."}`);
    this.#enter(now, "CONNECTING");
  }

  /** The passive socket waits for the peer. */
  listening(now: number): void {
    if (this.#state === "LISTENING") return;
    this.#info(`${this.name}: listening...`);
    this.#enter(now, "LISTENING");
  }

  /** The connection stands. */
  connected(now: number): void {
    if (this.isConnected) return;
    this.connecting(now);
    this.#info(`${this.name}: connected`);
    this.#enter(now, "ACTIVE");
    this.#lastConnected = now;
  }

  /** The attempt failed: `reason` in strerror's words, undefined where it only took too long. */
  connectFailed(now: number, reason: string | undefined): void {
    this.connecting(now);
    this.disconnected(now, reason);
  }

  /** The connection, or the attempt, is over: `reason` in strerror's words; undefined for time-outs; `"EOF"` for an orderly end. */
  disconnected(now: number, reason: string | undefined): void {
    if (this.#state === "BACKOFF" || this.#state === "VOID") return;
    this.#sayLost(reason);
    const active = this.isConnected;
    if (active) {
      this.#lastDisconnected = now;
      if (this.#lastConnected !== undefined) this.#connectedBefore += now - this.#lastConnected;
    }
    if (!this.#mayTry()) {
      this.#enter(now, "VOID");
      return;
    }
    const lasted = (this.#lastActivity ?? 0) - (this.#lastConnected ?? 0);
    if (active && (lasted >= this.#backoff || this.#passive)) {
      this.#backoff = this.#passive ? 0 : this.#minBackoff;
    } else if (this.#backoff < this.#minBackoff) {
      this.#backoff = this.#minBackoff;
    } else if (this.#backoff < this.#maxBackoff / 2) {
      this.#backoff *= 2;
      const verb = this.#passive ? "trying to listen again" : "reconnect";
      this.#info(`${this.name}: waiting ${this.#backoff / 1000} seconds before ${verb}`);
    } else {
      if (this.#backoff < this.#maxBackoff) {
        const verb = this.#passive ? "try to listen" : "reconnect";
        this.#info(`${this.name}: continuing to ${verb} in the background but suppressing further logging`);
      }
      this.#backoff = this.#maxBackoff;
    }
    this.#enter(now, "BACKOFF");
  }

  /** Something came from the peer. */
  activity(now: number): void {
    if (this.#state !== "ACTIVE" && this.isConnected) this.#enter(now, "ACTIVE");
    this.#lastActivity = now;
  }

  /** When `run` has something to say; undefined while only events matter. */
  deadline(): number | undefined {
    switch (this.#state) {
      case "VOID":
      case "LISTENING":
        return undefined;
      case "BACKOFF":
        return this.#stateEntered + this.#backoff;
      case "CONNECTING":
        return this.#stateEntered + Math.max(1000, this.#backoff);
      case "ACTIVE":
        return this.#probeInterval === 0 ? undefined : this.#idleSince() + this.#probeInterval;
      case "IDLE":
        return this.#probeInterval === 0 ? undefined : this.#stateEntered + this.#probeInterval;
      case "RECONNECT":
        return this.#stateEntered;
    }
  }

  /** What is to be done now, if anything. */
  run(now: number): ReconnectAction | undefined {
    const deadline = this.deadline();
    if (deadline === undefined || now < deadline) return undefined;
    switch (this.#state) {
      case "BACKOFF":
        this.#attempts += 1;
        return "connect";
      case "CONNECTING":
      case "RECONNECT":
        return "disconnect";
      case "ACTIVE":
        this.#log("dbg", `${this.name}: idle ${Math.floor(now - this.#idleSince())} ms, sending inactivity probe`);
        this.#enter(now, "IDLE");
        return "probe";
      case "IDLE":
        this.#log(
          "err",
          `${this.name}: no response to inactivity probe after ${Number(((now - this.#stateEntered) / 1000).toPrecision(3))} seconds, disconnecting`,
        );
        return "disconnect";
      default:
        return undefined;
    }
  }

  #idleSince(): number {
    return Math.max(this.#lastActivity ?? 0, this.#stateEntered);
  }

  #mayTry(): boolean {
    return this.#attempts < this.#maxTries;
  }

  #sayLost(reason: string | undefined): void {
    if (this.isConnected) {
      this.#successes += 1;
      if (reason === "EOF") this.#info(`${this.name}: connection closed by peer`);
      else if (reason) this.#log("warn", `${this.name}: connection dropped (${reason})`);
      else this.#info(`${this.name}: connection dropped`);
    } else if (this.#state === "LISTENING") {
      this.#info(`${this.name}: error listening for connections${reason ? ` (${reason})` : ""}`);
    } else {
      const kind = this.#passive ? "listen" : "connection";
      const how = reason ? `failed (${reason})` : "timed out";
      this.#note(`${this.name}: ${kind} attempt ${how}`);
    }
  }

  #enter(now: number, state: ReconnectState): void {
    this.#log("dbg", `${this.name}: entering ${state}`);
    this.#state = state;
    this.#stateEntered = now;
  }

  /** Says it unless logging has been suppressed because the peer has been away for long. */
  #note(message: string): void {
    if (this.#backoff < this.#maxBackoff) this.#info(message);
  }

  #info(message: string): void {
    this.#log(this.#quiet ? "dbg" : "info", message);
  }
}

function clampProbe(milliseconds: number): number {
  return milliseconds <= 0 ? 0 : Math.max(1000, milliseconds);
}

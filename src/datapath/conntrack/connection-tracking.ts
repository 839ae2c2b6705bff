/** One side's addresses and ports of a connection, as its packets have them. */
export interface CtTuple {
  /** 4 or 16 bytes. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Ports; of ICMP the identifier is `sourcePort`. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
}

/** A tracked connection, as `dpctl/dump-conntrack` shows it. */
export interface CtEntry {
  readonly protocol: number;
  readonly original: CtTuple;
  readonly reply: CtTuple;
  readonly zone: number;
  readonly mark: number;
  /** 4 words, most significant first. */
  readonly labels: readonly number[];
  /** The TCP states of both sides, by the names that upstream prints; undefined of other protocols. */
  readonly tcp: { readonly original: string; readonly reply: string } | undefined;
  /** The connection that this one belongs to, of a helper's. */
  readonly parent: CtTuple | undefined;
  readonly helper: string | undefined;
  /** Seconds until it is forgotten. */
  readonly timeout: number;
}

/** What part of a connection must be so, for `flush`; absent parts may be anything. */
export interface CtTupleFilter {
  readonly protocol?: number;
  readonly source?: Uint8Array;
  readonly destination?: Uint8Array;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly icmpId?: number;
}

/** Which connections are meant; absent parts may be anything. */
export interface CtFilter {
  readonly zone?: number;
  readonly original?: CtTupleFilter;
  readonly reply?: CtTupleFilter;
}

/** A limit of connections in a zone; 0 is none. */
export interface CtZoneLimit {
  readonly zone: number;
  readonly limit: number;
  /** Connections there are in it. */
  readonly count: number;
}

/**
 * A datapath's connection tracking as it is managed. Answers come when the thread that forwards has given them; packets forwarded before the call are in
 * them. The per-packet side is `Conntrack`.
 */
export interface ConnectionTracking {
  dump(filter?: CtFilter): Promise<readonly CtEntry[]>;
  flush(filter?: CtFilter): Promise<void>;
  count(): Promise<number>;
  readonly maxConnections: number;
  setMaxConnections(most: number): void;
  /** TCP sequence numbers are checked (`ct-enable-tcp-seq-chk`). */
  readonly checksSequences: boolean;
  setChecksSequences(on: boolean): void;
  /** Between two looks for connections whose time is over. */
  readonly sweepInterval: number;
  setSweepInterval(milliseconds: number): void;
  /** Limit of zones that have none of their own; 0 is none. */
  setLimits(
    defaultLimit: number | undefined,
    zones: readonly { readonly zone: number; readonly limit: number }[],
  ): void;
  /** The zones take the default limit again. */
  deleteLimits(zones: readonly number[]): void;
  limits(zones?: readonly number[]): Promise<{ readonly defaultLimit: number; readonly zones: readonly CtZoneLimit[] }>;
  /** Timeout policies by name: seconds by `tcp_established` and the like, as CT_Timeout_Policy:timeouts names them. */
  setTimeoutPolicy(name: string, seconds: ReadonlyMap<string, number>): void;
  deleteTimeoutPolicy(name: string): void;
}

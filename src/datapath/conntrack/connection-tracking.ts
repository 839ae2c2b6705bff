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

/** One side of a TCP connection. */
export interface CtTcpSide {
  /** By the names that upstream prints. */
  readonly state: string;
  /** How far its windows are shifted; undefined where they are not. */
  readonly scale: number | undefined;
  /** We did not see it begin, so that anything may be its scale. */
  readonly isLiberal: boolean;
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
  /** Of TCP: both sides, and the state of the whole. */
  readonly tcp: { readonly original: CtTcpSide; readonly reply: CtTcpSide; readonly state: string } | undefined;
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

/** Some bits of words, most significant word first; those not in the mask may be anything. */
export interface CtBits {
  readonly value: readonly number[];
  readonly mask: readonly number[];
}

/** Which connections are meant; absent parts may be anything. */
export interface CtFilter {
  readonly zone?: number;
  /** One word. */
  readonly mark?: CtBits;
  /** Four words. */
  readonly labels?: CtBits;
  readonly original?: CtTupleFilter;
  readonly reply?: CtTupleFilter;
}

/** A connection that a helper expects: from any port, `sourcePort` being 0. */
export interface CtExpectation {
  readonly protocol: number;
  readonly zone: number;
  readonly original: CtTuple;
  /** The one that announced it. */
  readonly parent: CtTuple;
}

/** A limit of connections in a zone; 0 is none. */
export interface CtZoneLimit {
  readonly zone: number;
  readonly limit: number;
  /** Connections there are in it. */
  readonly count: number;
}

/** How fragments of one version of IP are treated, and what became of them. */
export type CtFragments = {
  readonly isEnabled: boolean;
  /** The smallest that a fragment but the last may be, in bytes. */
  readonly least: number;
  readonly counts: {
    readonly accepted: number;
    readonly completed: number;
    readonly expired: number;
    readonly tooSmall: number;
    readonly overlapped: number;
    readonly purged: number;
  };
};

/** Fragments that wait for their packets to be complete. */
export type CtFragmentStatus = {
  readonly most: number;
  readonly held: number;
  readonly v4: CtFragments;
  readonly v6: CtFragments;
};

/** Connections tracked in all, and what could not be. */
export interface CtFigures {
  readonly connections: number;
  /** Packets whose connection did not become known since there were too many in the datapath or the zone. */
  readonly full: number;
}

/**
 * A datapath's connection tracking as it is managed. Answers come when the thread that forwards has given them; packets forwarded before the call are in
 * them. The per-packet side is `Conntrack`.
 */
export interface ConnectionTracking {
  dump(filter?: CtFilter): Promise<readonly CtEntry[]>;
  flush(filter?: CtFilter): Promise<void>;
  figures(): Promise<CtFigures>;
  /** Connections that helpers expect, of a zone or of all. */
  expectations(zone?: number): Promise<readonly CtExpectation[]>;
  /** Milliseconds between two looks at what is over: until then it is known to nobody, but takes its memory. */
  readonly sweepInterval: number;
  setSweepInterval(milliseconds: number): void;
  readonly maxConnections: number;
  setMaxConnections(most: number): void;
  /** TCP sequence numbers are checked (`ct-enable-tcp-seq-chk`). */
  readonly checksSequences: boolean;
  setChecksSequences(on: boolean): void;
  /** Limit of zones that have none of their own; 0 is none, undefined leaves it as it is. */
  setLimits(
    defaultLimit: number | undefined,
    zones: readonly { readonly zone: number; readonly limit: number }[],
  ): void;
  /** The zones take the default limit again. */
  deleteLimits(zones: readonly number[]): void;
  /** Limits of these zones, or of all that have one of their own. */
  limits(zones?: readonly number[]): Promise<{ readonly defaultLimit: number; readonly zones: readonly CtZoneLimit[] }>;
  /** Timeout policies by name: seconds by `tcp_established` and the like, as CT_Timeout_Policy:timeouts names them. */
  setTimeoutPolicy(name: string, seconds: ReadonlyMap<string, number>): void;
  deleteTimeoutPolicy(name: string): void;
  fragments(): Promise<CtFragmentStatus>;
  setFragmentsEnabled(isIpv6: boolean, on: boolean): void;
  setLeastFragment(isIpv6: boolean, bytes: number): void;
  setMostFragments(most: number): void;
}

import type { Json } from "#util/json.js";
import type { Uuid } from "../atom.js";
import type { MemberHeader } from "./cluster-header.js";
import type { ClusterEntry, ClusterRecord } from "./cluster-record.js";

/** A record does not fit those before it; the message is what upstream's check says behind the file's name. */
export class ClusterLogError extends Error {
  override name = "ClusterLogError";
}

/** What a record says that is worth a warning. */
export type ClusterLogWarning = string | undefined;

/** The log of one server of a cluster as its records are read one after another, each checked against those before. */
export class ClusterLog {
  readonly header: MemberHeader;
  /** Which leader the log tells of in each term. */
  readonly leaders: Map<bigint, { readonly leader: Uuid; readonly record: number }> = new Map();
  /** Where the log ended when its own server began to lead, by term. */
  readonly ledFrom: Map<bigint, bigint> = new Map();
  /** How far the log was known to be committed in each term. */
  readonly commits: Map<bigint, bigint> = new Map();
  /** Every server that the log has ever named. */
  readonly servers: Set<Uuid>;
  readonly #votes = new Map<bigint, Uuid>();
  readonly #nameOf: (server: Uuid) => string;
  #entries: ClusterEntry[] = [];
  #term = 0n;
  #commit: bigint;
  #records = 0;

  /** `nameOf` says how messages call a server. */
  constructor(header: MemberHeader, nameOf: (server: Uuid) => string) {
    this.header = header;
    this.servers = new Set(header.servers.keys());
    this.#nameOf = nameOf;
    this.#commit = header.index;
  }

  /** Whether no record has told of any term. */
  get isEmpty(): boolean {
    return this.#term === 0n;
  }

  /** The entries that are in the log, without those that were truncated; the first has index `header.index + 1`. */
  get entries(): readonly ClusterEntry[] {
    return this.#entries;
  }

  /** The index that the next entry has. */
  get end(): bigint {
    return this.header.index + 1n + BigInt(this.#entries.length);
  }

  entry(index: bigint): ClusterEntry | undefined {
    return this.#entries[Number(index - this.header.index - 1n)];
  }

  /** Takes the next record. Throws `ClusterLogError`. */
  add(record: ClusterRecord): ClusterLogWarning {
    const number = ++this.#records;
    const before = `record ${number}`;
    switch (record.kind) {
      case "term":
        this.#raise(record.term);
        return undefined;
      case "vote":
        this.#vote(record.term, record.vote, before);
        return undefined;
      case "leader":
        this.#lead(record.term, record.leader, number);
        return undefined;
      case "commit":
        this.#commitTo(record.index, before);
        return undefined;
      case "note":
        return record.note === "left" ? `${before} shows that the server left the cluster` : undefined;
      case "entry":
        return this.#append(record, before);
    }
  }

  #raise(term: bigint): void {
    if (term > this.#term) this.#term = term;
  }

  #vote(term: bigint, vote: Uuid, before: string): void {
    if (term < this.#term) {
      throw new ClusterLogError(`${before} votes for term ${term} but current term is ${this.#term}`);
    }
    const earlier = this.#votes.get(term);
    if (earlier !== undefined && earlier !== vote) {
      const other = `a previous record for the same term voted for ${this.#nameOf(earlier)}`;
      throw new ClusterLogError(`${before} votes for ${this.#nameOf(vote)} in term ${term} but ${other}`);
    }
    this.#votes.set(term, vote);
    this.#raise(term);
  }

  #lead(term: bigint, leader: Uuid, record: number): void {
    const earlier = this.leaders.get(term);
    if (earlier && earlier.leader !== leader) {
      const other = `record ${earlier.record} previously reported the leader as ${this.#nameOf(earlier.leader)}`;
      const what = `reports leader ${this.#nameOf(leader)} for term ${term} but ${other} in that term`;
      throw new ClusterLogError(`record ${record} ${what}`);
    }
    this.#raise(term);
    if (earlier) return;
    this.leaders.set(term, { leader, record });
    if (leader === this.header.serverId) this.ledFrom.set(term, this.end);
  }

  #commitTo(index: bigint, before: string): void {
    if (index < this.#commit) {
      throw new ClusterLogError(`${before} regresses commit index from ${this.#commit} to ${index}`);
    }
    const last = this.end - 1n;
    if (index > last) {
      throw new ClusterLogError(`${before} advances commit index to ${index} but last log index is ${last}`);
    }
    this.#commit = index;
    this.commits.set(this.#term, index);
  }

  #append(entry: ClusterEntry, before: string): ClusterLogWarning {
    const { index, term } = entry;
    const { end } = this;
    if (index > end) throw new ClusterLogError(`${before} with index ${index} skips past expected index ${end}`);
    let warning: ClusterLogWarning;
    if (index < end) {
      const what = `log from ${end} to ${index} entries`;
      if (index < this.#commit) {
        const why = `but commit index is already ${this.#commit}`;
        throw new ClusterLogError(`${before} attempts to truncate ${what}, ${why}`);
      }
      if (this.leaders.get(term)?.leader === this.header.serverId) {
        throw new ClusterLogError(`${before} truncates ${what} while server is leader`);
      }
      warning = `${before} truncates ${what}`;
      this.#entries.length = Math.max(0, Number(index - this.header.index) - 1);
    }
    const previous = this.#entries.at(-1)?.term ?? this.header.term;
    if (term < previous) {
      throw new ClusterLogError(
        `${before} with index ${index} term ${term} precedes previous entry's term ${previous}`,
      );
    }
    this.#raise(term);
    for (const server of entry.servers?.keys() ?? []) this.servers.add(server);
    // What was in the snapshot already is no entry.
    if (index > this.header.index) this.#entries.push(entry);
    return warning;
  }
}

/** An entry without its index, as JSON: what two logs must have alike. */
export function entryToJson({ term, data, entryId, servers, electionTimer }: ClusterEntry): Json {
  return {
    term,
    ...(data === undefined ? {} : { data, eid: entryId! }),
    ...(servers === undefined ? {} : { servers: Object.fromEntries(servers) }),
    ...(electionTimer === undefined ? {} : { election_timer: electionTimer }),
  };
}

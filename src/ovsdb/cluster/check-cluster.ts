import { formatJson } from "#util/json-text.js";
import type { Uuid } from "../atom.js";
import { type ClusterLog, entryToJson } from "./cluster-log.js";
import { shortId } from "./server-list.js";

/** A log and the name of its file. */
export interface NamedLog {
  readonly file: string;
  readonly log: ClusterLog;
}

/** Checks the logs of servers of one cluster against each other; undefined where they agree, else what is wrong in upstream's words. */
export function clusterFault(logs: readonly NamedLog[], nameOf: (server: Uuid) => string): string | undefined {
  if (logs.every(({ log }) => log.isEmpty)) return "all logs are empty";
  return leadersFault(logs, nameOf) ?? completenessFault(logs) ?? matchingFault(logs) ?? membershipFault(logs);
}

/** A term has one leader at most. */
function leadersFault(logs: readonly NamedLog[], nameOf: (server: Uuid) => string): string | undefined {
  const first = new Map<bigint, { readonly file: string; readonly leader: Uuid }>();
  for (const { file, log } of logs) {
    for (const [term, { leader }] of log.leaders) {
      const other = first.get(term);
      if (!other) first.set(term, { file, leader });
      else if (other.leader !== leader) {
        const says = (who: { readonly file: string; readonly leader: Uuid }): string =>
          `${who.file} says that the leader is ${nameOf(who.leader)}`;
        return `term ${term} has two different leaders: ${says(other)} and ${says({ file, leader })}`;
      }
    }
  }
  return undefined;
}

/** A leader has every entry that was committed before it began to lead. */
function completenessFault(logs: readonly NamedLog[]): string | undefined {
  for (const { file, log } of logs) {
    for (const [term, end] of log.ledFrom) {
      let worst: { readonly file: string; readonly index: bigint } | undefined;
      for (const other of logs) {
        for (const [committedIn, index] of other.log.commits) {
          if (committedIn < term && index >= end && index > (worst?.index ?? 0n)) worst = { file: other.file, index };
        }
      }
      if (worst) {
        const what = `log entries only up to index ${end - 1n}`;
        const but = `index ${worst.index} was committed in a previous term (e.g. by ${worst.file})`;
        return `leader ${file} for term ${term} has ${what}, but ${but}`;
      }
    }
  }
  return undefined;
}

/** Two logs that have an entry of the same term at an index are the same up to there. */
function matchingFault(logs: readonly NamedLog[]): string | undefined {
  for (const [i, a] of logs.entries()) {
    for (const b of logs.slice(i + 1)) {
      const fault = pairFault(a, b);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

function pairFault(a: NamedLog, b: NamedLog): string | undefined {
  const end = a.log.end < b.log.end ? a.log.end : b.log.end;
  const start = a.log.header.index > b.log.header.index ? a.log.header.index : b.log.header.index;
  let agreed = false;
  for (let index = end - 1n; index > start; index--) {
    const [one, other] = [a.log.entry(index), b.log.entry(index)];
    if (!one || !other) continue;
    agreed ||= one.term === other.term;
    if (!agreed) continue;
    const [left, right] = [one, other].map((entry) => formatJson(entryToJson(entry), { sorted: true }));
    if (left === right) continue;
    return `log entries with index ${index} differ:\n${a.file} has ${left}\n${b.file} has ${right}`;
  }
  return undefined;
}

/** A server is one of those of its cluster, or was. */
function membershipFault(logs: readonly NamedLog[]): string | undefined {
  for (const { file, log } of logs) {
    const { serverId } = log.header;
    if (!log.servers.has(serverId)) return `${file}: server ${shortId(serverId)} not found in server list`;
  }
  return undefined;
}

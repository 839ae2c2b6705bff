import { describe, expect, it } from "vitest";
import type { Uuid } from "../atom.js";
import { clusterFault } from "./check-cluster.js";
import { clusterHeaderFromJson } from "./cluster-header.js";
import { ClusterLog } from "./cluster-log.js";
import { clusterRecordFromJson } from "./cluster-record.js";
import { checkServerAddress, formatServerList, serverListFromJson } from "./server-list.js";

const one = "11111111-1111-4111-8111-111111111111" as Uuid;
const two = "22222222-2222-4222-8222-222222222222" as Uuid;
const names: Readonly<Record<string, string>> = { [one]: "one.db", [two]: "two.db" };
const nameOf = (server: Uuid): string => names[server] ?? "?";

function log(serverId: Uuid, ...records: { readonly [member: string]: never | string | number }[]): ClusterLog {
  const header = clusterHeaderFromJson({
    server_id: serverId,
    local_address: "tcp:127.0.0.1:6001",
    name: "S",
    cluster_id: "cccccccc-cccc-4ccc-8ccc-cccccccccccc",
    prev_term: 1,
    prev_index: 1,
    prev_servers: { [one]: "tcp:127.0.0.1:6001", [two]: "tcp:[::1]:6002" },
    prev_data: [{ name: "S" }, {}],
    prev_eid: "eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee",
  });
  if (header.kind !== "member") throw new Error("no member");
  const made = new ClusterLog(header, nameOf);
  for (const record of records) made.add(clusterRecordFromJson(record));
  return made;
}

describe("the log of a server of a cluster", () => {
  it("names votes in their order", () => {
    expect(() => log(one, { term: 2, vote: one }, { term: 2, vote: two })).toThrow(
      "record 2 votes for two.db in term 2 but a previous record for the same term voted for one.db",
    );
  });

  it("names the leader that lacks entries, whoever tells of it first", () => {
    const early = log(one, { term: 1, index: 2 }, { commit_index: 2 }, { term: 2, leader: two });
    const late = log(two, { term: 1 }, { term: 2, leader: two });
    const logs = [
      { file: "one.db", log: early },
      { file: "two.db", log: late },
    ];
    expect(clusterFault(logs, nameOf)).toBe(
      "leader two.db for term 2 has log entries only up to index 1, but index 2 was committed in a previous term (e.g. by one.db)",
    );
  });

  it("has terms beyond what a double holds", () => {
    const made = log(one, { term: -2, vote: one });
    expect(() => made.add(clusterRecordFromJson({ term: 7, vote: two }))).toThrow(
      "votes for term 7 but current term is 18446744073709551614",
    );
  });

  it("forgets entries that were truncated", () => {
    const made = log(one, { term: 1, index: 2 }, { term: 1, index: 3 }, { term: 2, index: 2 });
    expect([made.end, made.entry(2n)?.term, made.entry(3n), made.entry(1n)]).toEqual([3n, 2n, undefined, undefined]);
  });
});

describe("addresses of servers", () => {
  it.each(["tcp:10.0.0.1:6643", "ssl:[fe80::1%eth0]:6643", "tcp:host:1", "tcp::5", "unix:/tmp/x"])(
    "may be %s",
    (text) => {
      expect(() => checkServerAddress(text)).not.toThrow();
    },
  );

  it.each(["10.0.0.1:6643", "ptcp:6643", "tcp:10.0.0.1", "tcp:::1:5", "tcp:10.0.0.1:x", "tcp:10.0.0.1:65536", ""])(
    "may not be %s",
    (text) => {
      expect(() => checkServerAddress(text)).toThrow(/address/);
    },
  );

  it("are listed by id", () => {
    const list = serverListFromJson({ [two]: "tcp:b:2", [one]: "tcp:a:1" });
    expect(formatServerList(list)).toBe('1111("tcp:a:1"), 2222("tcp:b:2")');
  });
});

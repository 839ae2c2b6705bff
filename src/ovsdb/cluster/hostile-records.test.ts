import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { OvsdbError } from "../error.js";
import { clusterFault } from "./check-cluster.js";
import { clusterHeaderFromJson, type MemberHeader } from "./cluster-header.js";
import { ClusterLog, ClusterLogError, entryToJson } from "./cluster-log.js";
import { clusterRecordFromJson } from "./cluster-record.js";

const ids = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
const header = (server: number): Json => ({
  server_id: ids[server]!,
  local_address: "tcp:127.0.0.1:6001",
  name: "S",
  cluster_id: "cccccccc-cccc-4ccc-8ccc-cccccccccccc",
  prev_term: 1,
  prev_index: 1,
  prev_servers: Object.fromEntries(ids.map((id) => [id, "tcp:127.0.0.1:6001"])),
  prev_data: [{ name: "S" }, {}],
  prev_eid: "eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee",
});

const small = fc.integer({ min: -1, max: 5 });
const record: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ term: small, index: small }) },
  { weight: 2, arbitrary: fc.record({ term: small }) },
  { weight: 2, arbitrary: fc.record({ term: small, vote: fc.constantFrom(...ids) }) },
  { weight: 2, arbitrary: fc.record({ term: small, leader: fc.constantFrom(...ids) }) },
  { weight: 3, arbitrary: fc.record({ commit_index: small }) },
  { weight: 1, arbitrary: fc.record({ note: fc.string() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      term: small,
      index: small,
      data: fc.array(fc.jsonValue(), { maxLength: 2 }),
      eid: fc.constantFrom(...ids),
    }) as fc.Arbitrary<Json>,
  },
  { weight: 1, arbitrary: fc.jsonValue() as fc.Arbitrary<Json> },
) as fc.Arbitrary<Json>;

function readAll(server: number, records: readonly Json[]): ClusterLog {
  const log = new ClusterLog(clusterHeaderFromJson(header(server)) as MemberHeader, (id) => id);
  for (const json of records) {
    try {
      log.add(clusterRecordFromJson(json));
    } catch (error) {
      if (!(error instanceof OvsdbError || error instanceof ClusterLogError)) throw error;
    }
  }
  return log;
}

describe("records of clusters", () => {
  it("are read or refused, whatever they say; entries stay in a row", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 40 }), (records) => {
        const log = readAll(0, records);
        log.entries.forEach((entry, i) => {
          expect(entry.index).toBe(log.header.index + 1n + BigInt(i));
          expect(log.entry(entry.index)).toBe(entry);
          expect(entryToJson(entry)).toHaveProperty("term");
        });
        const terms = log.entries.map(({ term }) => term);
        expect(terms).toEqual([...terms].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  it("of several servers are compared without a fault of ours, and a log agrees with itself", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 25 }), fc.array(record, { maxLength: 25 }), (a, b) => {
        const named = [a, b].map((records, server) => ({ file: `${server}.db`, log: readAll(server, records) }));
        expect(["string", "undefined"]).toContain(typeof clusterFault(named, (id) => id));
        const [one] = named as [(typeof named)[0]];
        const fault = clusterFault([one, { ...one, file: "copy.db" }], (id) => id);
        expect(fault ?? "").not.toContain("differ");
      }),
      { numRuns: 300, seed: 6 },
    );
  });

  it.each([null, 5, "x", [], {}])("headers are refused where they are %j", (json) => {
    expect(() => clusterHeaderFromJson(json as Json)).toThrow(OvsdbError);
  });

  it("headers are read or refused, whatever they say", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(header(0) as object)), fc.jsonValue(), (member, value) => {
        try {
          clusterHeaderFromJson({ ...(header(0) as object), [member]: value as Json });
        } catch (error) {
          expect(error).toBeInstanceOf(OvsdbError);
        }
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

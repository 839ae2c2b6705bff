import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { serverConfigFromJson } from "./server-config.js";

describe("a configuration file", () => {
  it("says which remotes and databases there are", () => {
    const { remotes, databases } = serverConfigFromJson({
      remotes: {
        "punix:db.sock": null,
        "pssl:6640": { "inactivity-probe": 10_000, "read-only": true, role: "ovn-controller", dscp: 48 },
        "db:S,T,c": { "max-backoff": 4000 },
      },
      databases: {
        "/etc/conf.db": {},
        "c.db": { "service-model": "clustered" },
        "a.db": {
          "service-model": "active-backup",
          backup: true,
          source: { "tcp:10.0.0.1:6640": { "inactivity-probe": 5000 } },
          "exclude-tables": ["A", "B"],
        },
        S: { "service-model": "relay", source: { "tcp:10.0.0.1:6640,tcp:10.0.0.2:6640": null } },
      },
    });
    expect([...remotes]).toEqual([
      ["punix:db.sock", { readOnly: false }],
      ["pssl:6640", { probeInterval: 10_000, readOnly: true, role: "ovn-controller" }],
      ["db:S,T,c", { maxBackoff: 4000, readOnly: false }],
    ]);
    expect([...databases]).toEqual([
      ["/etc/conf.db", { model: "file" }],
      ["c.db", { model: "file" }],
      [
        "a.db",
        {
          model: "active-backup",
          source: "tcp:10.0.0.1:6640",
          options: { probeInterval: 5000 },
          backup: true,
          excluded: new Set(["A", "B"]),
        },
      ],
      ["S", { model: "relay", source: "tcp:10.0.0.1:6640,tcp:10.0.0.2:6640", options: {} }],
    ]);
  });

  it("may be empty", () => {
    expect(serverConfigFromJson({})).toEqual({ remotes: new Map(), databases: new Map() });
  });

  it.each<[string, Json]>([
    ["configuration is not a JSON object", []],
    ['configuration has the unknown member "x"', { x: 1 }],
    ['configuration has a "remotes" that is not an object', { remotes: [] }],
    ['"ptcp:1" of "remotes" is not a JSON object', { remotes: { "ptcp:1": 5 } }],
    ['"foo" of "remotes" is not a connection method', { remotes: { foo: {} } }],
    ['"ptcp:1" of "remotes" has a "role" that is not a string', { remotes: { "ptcp:1": { role: 5 } } }],
    ['"ptcp:1" of "remotes" has a "read-only" that is not true', { remotes: { "ptcp:1": { "read-only": 1 } } }],
    ["that is not an integer from 0 to 2147483647", { remotes: { "ptcp:1": { "max-backoff": -1 } } }],
    ["that is not an integer from 0 to 63", { remotes: { "ptcp:1": { dscp: 64 } } }],
    ['"ptcp:1" of "remotes" has the unknown member "mode"', { remotes: { "ptcp:1": { mode: 64 } } }],
    ['"a" of "databases" has the unknown service model "b"', { databases: { a: { "service-model": "b" } } }],
    ['"a" of "databases" has the unknown member "source"', { databases: { a: { source: {} } } }],
    ['"a" of "databases" needs one "source"', { databases: { a: { "service-model": "relay" } } }],
    [
      '"a" of "databases" needs one "source"',
      { databases: { a: { "service-model": "relay", source: { "tcp:a": {}, "tcp:b": {} } } } },
    ],
    [
      '"ptcp:1" of "source" is not an active connection method',
      { databases: { a: { "service-model": "relay", source: { "ptcp:1": {} } } } },
    ],
    ["is not the name of a database that can be relayed", { databases: { "a.db": { "service-model": "relay" } } }],
    ["is not the name of a database", { databases: { _Server: { "service-model": "relay" } } }],
    [
      '"exclude-tables" that is not an array of strings',
      { databases: { a: { "service-model": "active-backup", source: { "tcp:a": {} }, "exclude-tables": "T" } } },
    ],
  ])("is refused: %s", (message, json) => {
    expect(() => serverConfigFromJson(json)).toThrow(message);
  });
});

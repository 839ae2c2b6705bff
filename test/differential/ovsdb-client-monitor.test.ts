import { spawn } from "node:child_process";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { describeWith, program } from "../support/needs.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { startOurs, startReal, type TestServer } from "../support/ovsdb-servers.js";
import { needsRealServer } from "../support/real-openvswitch.js";
import { realClient, startOwnClient } from "./ovsdb-client-invoke.js";
import { prepareServer, schemaTexts, tidy } from "./ovsdb-client-run.js";

/** A monitor that runs: what it has printed, and a way to end it. */
interface Running {
  printed(): string;
  stop(): Promise<void>;
}

function startReally(argv: readonly string[], directory: string): Running {
  const env = { ...process.env, LC_ALL: "C.UTF-8", OVS_RUNDIR: directory };
  const child = spawn(realClient, argv, { argv0: "ovsdb-client", env, cwd: directory });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  }
  return {
    printed: () => text,
    stop() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

function startOwn(argv: readonly string[], directory: string): Running {
  const { process } = startOwnClient(argv, directory);
  // It ends when its server does.
  return { printed: () => process.out + process.err, stop: async () => {} };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const named = (name: string): Json => [["name", "==", name]];

/** Transactions, each with a text that every monitor prints because of it; they change one row of a table at most. */
const changes: readonly { readonly operations: readonly Json[]; readonly sign: string }[] = [
  {
    operations: [
      { op: "insert", table: "U", row: { v: 41 }, "uuid-name": "x" },
      {
        op: "insert",
        table: "T",
        row: { name: "first", i: ["set", [5, 6]], u: ["named-uuid", "x"], m: ["map", [["p", "q"]]] },
      },
    ],
    sign: "41",
  },
  {
    operations: [
      {
        op: "mutate",
        table: "T",
        where: named("first"),
        mutations: [
          ["i", "insert", 7],
          ["i", "delete", 5],
          ["m", "insert", ["map", [["r", "s"]]]],
        ],
      },
      { op: "update", table: "T", where: named("first"), row: { b: true, name: "second" } },
      { op: "update", table: "U", where: [["v", "==", 41]], row: { v: 42 } },
    ],
    sign: "42",
  },
  {
    operations: [
      { op: "update", table: "T", where: named("second"), row: { en: "y" } },
      { op: "update", table: "U", where: [["v", "==", 42]], row: { v: 43 } },
    ],
    sign: "43",
  },
  {
    operations: [
      { op: "update", table: "T", where: named('a"b'), row: { r: 2.5, m: ["map", []] } },
      { op: "update", table: "U", where: [["v", "==", 7]], row: { v: 44 } },
    ],
    sign: "44",
  },
  { operations: [{ op: "delete", table: "T", where: named("second") }], sign: "dele" },
];

const commandLines: readonly (readonly string[])[] = [
  ["monitor", "S", "ALL"],
  ["--timestamp", "monitor", "ALL"],
  ["monitor", "S", "U"],
  ["monitor", "S", "U", "!initial,v", "_version"],
  ["-f", "json", "monitor", "S", "ALL", "_version", "_uuid"],
  ["-f", "csv", "monitor", "S", "U", "v,!initial", "_version"],
  ["-f", "list", "monitor", "S", "U"],
  ["-f", "html", "monitor", "S", "U", "v,_version"],
  ["--bare", "monitor", "S", "U", "v"],
  ["--no-headings", "monitor", "S", "ALL"],
  ["-d", "json", "monitor", "S", "ALL"],
  ["-d", "bare", "monitor", "S", "ALL"],
  ["--max-column-width=4", "monitor", "S", "U", "v"],
  ["monitor-cond", "S", "[]", "U"],
  ["monitor-cond", "S", "[true]", "U", "v"],
  ["-f", "json", "monitor-cond", "S", '[["v",">",5]]', "U"],
  ["-d", "json", "monitor-cond", "S", "[]", "U"],
  ["monitor-cond-since", "S", "[]", "U"],
  ["--timestamp", "monitor-cond-since", "S", "[]", "U", "v"],
  ["-f", "json", "monitor-cond-since", "S", "[]", "U", "v"],
  ["-f", "html", "--no-headings", "monitor-cond-since", "S", "[]", "U", "v"],
];

for (const [kind, start] of [
  ["the installed ovsdb-server", startReal],
  ["our ovsdb-server", startOurs],
] as const) {
  describeWith([needsRealServer, program(realClient, "openvswitch-common")], `two monitors of ${kind}`, () => {
    let server: TestServer;
    let client: RawClient;
    beforeEach(async () => {
      server = await start(JSON.parse(schemaTexts.S) as Json);
      await prepareServer(server, "S");
      client = await RawClient.open(server.socket);
      // One row in each table, since the order of several is left open.
      for (const name of ["b", "B", "é", "", 'a,b\n"c"', "true", "z"]) {
        await client.call("transact", ["S", { op: "delete", table: "T", where: named(name) }]);
      }
    });
    afterEach(async () => {
      client.close();
      await server.stop();
    });

    it.each(commandLines.map((argv) => [argv.join(" "), argv] as const))("print the same: %s", async (_, argv) => {
      const monitors = [startReally(argv, server.directory), startOwn(argv, server.directory)];
      const [real, own] = monitors as [Running, Running];
      try {
        await until(() => monitors.every((one) => one.printed().includes("init")));
        for (const { operations, sign } of changes) {
          const before = monitors.map((one) => one.printed().length);
          const { result } = await client.call("transact", ["S", ...operations]);
          expect(JSON.stringify(result)).not.toContain('"error"');
          const shown = (one: Running, i: number): boolean => {
            const news = one.printed().slice(before[i]);
            return argv.includes("_uuid") ? news.split("\n").length > 2 : news.includes(sign);
          };
          await until(() => monitors.every(shown));
        }
        // The last table may still be on its way.
        await until(() => real.printed().length === own.printed().length);
        expect(tidy(own.printed(), server.directory)).toBe(tidy(real.printed(), server.directory));
      } finally {
        await real.stop();
      }
    });
  });
}

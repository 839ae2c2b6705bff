import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "#util/json.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import type { TestServer } from "../support/ovsdb-servers.js";
import { shellWords } from "../support/shell-words.js";
import type { ClientScenario } from "./ovsdb-client-scenarios.js";

export interface ClientOutcome {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** What one command line did, without what is random. */
export interface ClientStep extends ClientOutcome {
  readonly line: string;
}

/** Runs one `ovsdb-client` in a directory that is its OVS_RUNDIR too, standard input from a file there. */
export type InvokeClient = (
  argv: readonly string[],
  directory: string,
  stdinFile: string | undefined,
) => Promise<ClientOutcome>;

const tables =
  '{"T":{"columns":{"name":{"type":"string"},"i":{"type":{"key":"integer","min":0,"max":"unlimited"}},"r":{"type":"real"},"b":{"type":"boolean"},"m":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}},"u":{"type":{"key":{"type":"uuid","refTable":"U"},"min":0,"max":"unlimited"}},"e":{"type":"integer","ephemeral":true},"en":{"type":{"key":{"type":"string","enum":["set",["x","y"]]},"min":0,"max":1}}},"indexes":[["name"]],"isRoot":true},"U":{"columns":{"v":{"type":{"key":{"type":"integer","minInteger":0,"maxInteger":100}}}}},"Empty":{"columns":{"a":{"type":"string"}},"isRoot":true,"maxRows":1}}';

const withVersion = (version: string): string =>
  `{"name":"S","version":"${version}","cksum":"12345 678","tables":${tables}}`;

export const schemaTexts: Readonly<Record<ClientScenario["schema"], string>> = {
  S: withVersion("1.2.3"),
  Z: '{"name":"Z","tables":{"T":{"columns":{"a":{"type":"string"}}}}}',
};

const newRow = (row: Json): Json => ({ op: "insert", table: "T", row });

const contents: readonly Json[] = [
  { op: "insert", table: "U", row: { v: 7 }, "uuid-name": "u1" },
  newRow({
    name: 'a"b',
    i: ["set", [3, 1, 2]],
    r: 1.5,
    b: true,
    m: [
      "map",
      [
        ["k", "v w"],
        ["a", "b"],
      ],
    ],
    u: ["named-uuid", "u1"],
    en: "x",
    e: 3,
  }),
  newRow({ name: "z" }),
  newRow({ name: "b", i: ["set", [2]], r: 1 }),
  newRow({ name: "B", i: ["set", [10]], r: -1 }),
  newRow({ name: "é", i: ["set", [2]], r: 1, m: ["map", [["x", '<&">']]] }),
  newRow({ name: "", r: 1e300 }),
  newRow({ name: 'a,b\n"c"', m: ["map", [["a", "1"]]] }),
  newRow({ name: "true" }),
  { op: "insert", table: "Empty", row: { a: "o" } },
];

function record(json: string, magic = "JSON"): string {
  const body = Buffer.from(`${json}\n`);
  return `OVSDB ${magic} ${body.length} ${createHash("sha1").update(body).digest("hex")}\n${body}`;
}

const a = "11111111-2222-4333-8444-555555555555";
const b = "11111111-2222-4333-8444-555555555556";
const schemaRecord = record(schemaTexts.S);
const rows = (json: string): string => schemaRecord + record(json);

/** Files that lie in the server's directory. */
const files: Readonly<Record<string, string>> = {
  "same.ovsschema": schemaTexts.S,
  "newer.ovsschema": withVersion("1.2.4"),
  "bad.ovsschema": '{"name":5}',
  "list.ovsschema": "[]",
  "text.ovsschema": ". hello\n",
  empty: "",
  "torn.db": rows(`{"T":{"${a}":{"name":"q"}}}`).slice(0, -9),
  "flipped.db": rows(`{"T":{"${a}":{"name":"q"}}}`).replace('"q"', '"p"'),
  "newer.db": record(withVersion("1.2.4")) + record(`{"T":{"${a}":{"name":"q"}}}`),
  "other.db": record(schemaTexts.S.replace('"name":"S"', '"name":"O"')),
  "cluster.db": record('{"a":1}', "CLUSTER"),
  "badtype.db": rows(`{"T":{"${a}":{"name":5}}}`),
  "badtable.db": rows(`{"TX":{"${a}":{"name":5}}}`),
  "unref.db": rows(`{"U":{"${a}":{"v":5}}}`),
  "two.db":
    rows(`{"T":{"${a}":{"name":"w"}}}`) +
    record(`{"T":{"${a}":{"name":"w2","b":true}}}`) +
    record(`{"T":{"${a}":null,"${b}":{"name":"w3","i":["set",[1,5]]}}}`),
  "twice.db": rows(`{"T":{"${a}":{"name":"q"},"${b}":{"name":"q"}}}`),
  "onlyschema.db": schemaRecord,
};

/** Puts the files of the scenarios beside a server's database, and fills that where it is one of schema S. */
export async function prepareServer(server: TestServer, schema: ClientScenario["schema"]): Promise<void> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(server.directory, name), text);
  if (schema !== "S") return;
  const client = await RawClient.open(server.socket);
  await client.call("transact", ["S", ...contents]);
  client.close();
}

/** Runs a scenario on a prepared server. */
export async function runClientScenario(
  scenario: ClientScenario,
  server: TestServer,
  invoke: InvokeClient,
): Promise<ClientStep[]> {
  const steps: ClientStep[] = [];
  for (const line of scenario.lines) steps.push(await runClientLine(line, server, invoke));
  return steps;
}

async function runClientLine(line: string, { directory }: TestServer, invoke: InvokeClient): Promise<ClientStep> {
  const anyOrder = line.startsWith("~ ");
  const words = shellWords(line.replace(/^~ /, "").replaceAll("{dir}", directory));
  const redirection = /^[<>]$/.test(words.at(-2) ?? "") ? words.at(-2) : undefined;
  const argv = redirection === undefined ? words : words.slice(0, -2);
  const file = join(directory, words.at(-1) ?? "");
  const outcome = await invoke(argv, directory, redirection === "<" ? file : undefined);
  if (redirection === ">") writeFileSync(file, outcome.stdout);
  const stdout = redirection === ">" ? "" : tidy(outcome.stdout, directory);
  return {
    line,
    status: outcome.status,
    stdout: anyOrder ? sortLines(stdout) : stdout,
    stderr: tidy(outcome.stderr, directory),
  };
}

/** A text without directories, times and UUIDs; those of the scenarios stay. */
export function tidy(text: string, directory: string): string {
  return text
    .replaceAll(directory, "{dir}")
    .replace(/last_id: [0-9a-f-]{36}/g, "last_id: UUIDUUID-UUID-UUID-UUID-UUIDUUIDUUID")
    .replace(/(?<!-)\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, (uuid) =>
      uuid.startsWith("11111111") ? uuid : "UUIDUUID-UUID-UUID-UUID-UUIDUUIDUUID",
    )
    .replace(/>[0-9a-f]{8}<\/a>/g, ">UUIDUUID</a>")
    .replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/gm, "TIME")
    .replace(/"time":"[^"]{23}"/g, '"time":"TIME"')
    .replace(/^\S*\|(\d+)\|/gm, "$1|");
}

/** Lines in an order of their own. */
function sortLines(text: string): string {
  return text.split("\n").sort().join("\n");
}

/*
 * Our ovsdb-server beside the installed one: transactions, fan-out to monitors, start-up, compaction, memory. One at a time, in turn,
 * medians.
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./guests.js";
import { bigLogs } from "./ovsdb-logs.js";
import type { BenchPeer } from "./ovsdb-peer.js";
import { BenchServer, benchSchema, contestants } from "./ovsdb-servers.js";

/** A figure of each contestant per round. */
type Figures = Map<string, Map<string, number[]>>;

interface Kind {
  readonly unit: string;
  /** Whether more is better. */
  readonly rate: boolean;
}

const rate: Kind = { unit: "/s", rate: true };
const time: Kind = { unit: "ms", rate: false };
const memory: Kind = { unit: "MiB", rate: false };
const kinds = new Map<string, Kind>();

const transact = (operations: string, id = 0): string =>
  `{"method":"transact","params":["Bench",${operations}],"id":${id}}`;

const insert = (i: number): string =>
  `{"op":"insert","table":"Item","row":{"name":"item-${i}","value":${i},"words":["set",["alpha","beta-${i % 7}"]],"tags":["map",[["key-${i % 5}","value-${i}"],["owner","bench"]]]}}`;

const update = (uuid: string, value: number): string =>
  transact(
    `{"op":"update","table":"Item","where":[["_uuid","==",["uuid","${uuid}"]]],"row":{"value":${value}}}`,
    value,
  );

/** As `update`, answered when it is on stable storage. */
const durable = (uuid: string, value: number): string =>
  transact(
    `{"op":"update","table":"Item","where":[["_uuid","==",["uuid","${uuid}"]]],"row":{"value":${value}}},{"op":"commit","durable":true}`,
    value,
  );

const uuidsIn = (text: string): string[] => [...text.matchAll(/"uuid","([0-9a-f-]{36})"/g)].map((match) => match[1]!);

/** Inserts rows, 500 a transaction; gives the UUIDs of the first. */
async function fill(peer: BenchPeer, from: number, count: number): Promise<string[]> {
  const per = 500;
  const request = (i: number): string => {
    const rows = Math.min(per, count - i * per);
    return transact(Array.from({ length: rows }, (_, j) => insert(from + i * per + j)).join(","));
  };
  const first = uuidsIn(await peer.ask(request(0)));
  const rest = Math.ceil(count / per) - 1;
  if (rest > 0) await peer.run((i) => request(i + 1), rest, 2);
  return first;
}

/** Transactions per second of several clients, each with a window of unanswered ones, for about a second and a half. */
async function transactions(
  server: BenchServer,
  uuids: readonly string[],
  clients: number,
  window: number,
  request: (uuid: string, value: number) => string = update,
): Promise<number> {
  const peers = await server.connectMany(clients);
  let value = 1;
  const all = async (count: number): Promise<number> => {
    const began = performance.now();
    await Promise.all(peers.map((peer, k) => peer.run(() => request(uuids[k]!, value++), count, window)));
    return (performance.now() - began) / (count * clients);
  };
  await all(Math.ceil(2000 / clients));
  const each = await all(Math.ceil(2000 / clients));
  const result = await all(Math.max(100, Math.ceil(1500 / each / clients)));
  for (const peer of peers) peer.close();
  return 1000 / result;
}

/** Changes per second that reach every one of so many monitors, eight in flight. */
async function fanOut(server: BenchServer, uuid: string, monitors: number, changes: number): Promise<number> {
  const [writer, ...watchers] = (await server.connectMany(monitors + 1)) as [BenchPeer, ...BenchPeer[]];
  const request = '{"method":"monitor_cond","params":["Bench",null,{"Item":[{"columns":["name","value"]}]}],"id":1}';
  await Promise.all(watchers.map((watcher) => watcher.run(() => request, 1, 1)));
  const run = async (count: number, first: number): Promise<number> => {
    const before = watchers.map((watcher) => watcher.updates);
    const began = performance.now();
    await Promise.all([
      writer.run((i) => update(uuid, first + i), count, 8),
      ...watchers.map((watcher, k) => watcher.until(() => watcher.updates - before[k]! >= count)),
    ]);
    return (1000 * count) / (performance.now() - began);
  };
  await run(Math.ceil(changes / 4), 1_000_000);
  const result = await run(changes, 2_000_000);
  for (const peer of [writer, ...watchers]) peer.close();
  return result;
}

/** The longest answer while the database is compacted by command, in milliseconds. */
async function stall(server: BenchServer, uuid: string): Promise<number> {
  const peer = await server.connect();
  let longest = 0;
  let value = 5_000_000;
  await peer.run(() => update(uuid, value++), 200, 1);
  const compacting = server.appctl("ovsdb-server/compact");
  let done = false;
  compacting.once("exit", () => {
    done = true;
  });
  while (!done) {
    await peer.run(
      () => update(uuid, value++),
      1,
      1,
      (ms) => {
        longest = Math.max(longest, ms);
      },
    );
  }
  await peer.run(
    () => update(uuid, value++),
    50,
    1,
    (ms) => {
      longest = Math.max(longest, ms);
    },
  );
  peer.close();
  return longest;
}

async function measure(argv: readonly string[], parts: ReadonlySet<string>, note: Note): Promise<void> {
  const server = new BenchServer(argv);
  const wanted = (part: string): boolean => parts.size === 0 || parts.has(part);
  try {
    await server.start();
    const filler = await server.connect();
    const uuids = await fill(filler, 0, 100);
    if (wanted("tx")) {
      note("transactions, 1 client", rate, await transactions(server, uuids, 1, 1));
      note("transactions, 1 client, 64 in flight", rate, await transactions(server, uuids, 1, 64));
      note("transactions, 8 clients", rate, await transactions(server, uuids, 8, 1));
      note("transactions, 8 clients, 64 in flight", rate, await transactions(server, uuids, 8, 64));
    }
    if (wanted("durable")) {
      note("durable transactions, 1 client", rate, await transactions(server, uuids, 1, 1, durable));
      note("durable transactions, 8 clients", rate, await transactions(server, uuids, 8, 1, durable));
    }
    if (wanted("fan")) {
      note("changes to 100 monitors", rate, await fanOut(server, uuids[0]!, 100, 2000));
      note("changes to 1,000 monitors", rate, await fanOut(server, uuids[0]!, 1000, 300));
    }
    if (wanted("big")) {
      await fill(filler, 100, 100_000);
      note("100,000 rows: memory", memory, server.resident());
      filler.close();
      await server.stop();
      note("100,000 rows: start", time, await server.start());
      note("100,000 rows: memory after the start", memory, server.resident());
      note("100,000 rows: longest stall in compaction", time, await stall(server, uuids[0]!));
    }
    filler.close();
    await server.stop();
  } finally {
    server.remove();
  }
}

/** How long servers take to read the same logs. */
async function starts(argv: readonly string[], logs: ReadonlyMap<string, string>, note: Note): Promise<void> {
  for (const [name, log] of logs) {
    const server = new BenchServer(argv);
    try {
      copyFileSync(log, server.file);
      note(`start with ${name}`, time, await server.start());
      note(`memory after the start with ${name}`, memory, server.resident());
      await server.stop();
    } finally {
      server.remove();
    }
  }
}

type Note = (what: string, kind: Kind, value: number) => void;

/** Measures and prints; `parts` are `tx`, `durable`, `fan`, `big` and `start`, or none for all. */
export async function benchOvsdb(rounds: number, parts: readonly string[]): Promise<void> {
  const figures: Figures = new Map();
  const only = process.env["WEFT_BENCH_ONLY"];
  const runs = contestants.filter(({ name }) => only === undefined || only === name);
  const directory = mkdtempSync(join(tmpdir(), "weft-bench-logs-"));
  const withStarts = parts.length === 0 || parts.includes("start");
  const logs = new Map<string, string>();
  try {
    if (withStarts) {
      for (const [i, { name, write }] of bigLogs.entries()) {
        const path = join(directory, String(i));
        write(path, benchSchema);
        logs.set(name, path);
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (const { name, argv } of runs) {
        const note: Note = (what, kind, value) => {
          kinds.set(what, kind);
          const row = figures.get(what) ?? new Map<string, number[]>();
          figures.set(what, row);
          row.set(name, [...(row.get(name) ?? []), value]);
        };
        await measure(argv, new Set(parts), note);
        await starts(argv, logs, note);
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  for (const [what, row] of figures) {
    const { unit, rate: more } = kinds.get(what)!;
    const ours = median(row.get("weft") ?? []);
    const theirs = median(row.get("real") ?? []);
    const ratio = more ? ours / theirs : theirs / ours;
    const show = (value: number): string => `${Math.round(value).toLocaleString("en-US")} ${unit}`.padStart(14);
    console.log(`  ${what.padEnd(54)} ours ${show(ours)}   theirs ${show(theirs)}   ${ratio.toFixed(2)} times as good`);
  }
}

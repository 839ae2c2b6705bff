import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";

type Wire = unknown;
type WireRow = Record<string, Wire>;

/** The rows of a database by table, as `select` gives them. */
export type RawDatabase = Record<string, WireRow[]>;

/** A bare JSON-RPC client on a unix socket, for tests that look at a database without the code under test. */
export class DatabaseProbe {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (reply: { result: Wire; error: Wire }) => void>();
  #id = 0;
  #text = "";
  #columns: Record<string, { columns: Record<string, { type: Wire }> }> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => this.#receive(chunk));
  }

  static open(path: string): Promise<DatabaseProbe> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => resolve(new DatabaseProbe(socket)));
      socket.on("error", reject);
    });
  }

  /** Replies come whole and in order, so a chunk that parses is a message; several messages are told apart by braces. */
  #receive(chunk: string): void {
    this.#text += chunk;
    for (;;) {
      const end = messageEnd(this.#text);
      if (end < 0) return;
      const message = JSON.parse(this.#text.slice(0, end)) as {
        id: number;
        method?: string;
        params: Wire;
        result: Wire;
        error: Wire;
      };
      this.#text = this.#text.slice(end);
      if (message.method === "echo") {
        this.#socket.write(JSON.stringify({ id: message.id, result: message.params, error: null }));
      } else {
        this.#waiting.get(message.id)?.(message);
      }
    }
  }

  async request(method: string, params: readonly Wire[]): Promise<Wire> {
    const id = ++this.#id;
    const reply = await new Promise<{ result: Wire; error: Wire }>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.write(JSON.stringify({ method, params, id }));
    });
    if (reply.error !== null) throw new Error(JSON.stringify(reply.error));
    return reply.result;
  }

  /** All rows, without `_version` and without columns that hold their type's default. */
  async dump(database = "Open_vSwitch"): Promise<RawDatabase> {
    this.#columns ??= ((await this.request("get_schema", [database])) as { tables: never }).tables;
    const tables = Object.keys(this.#columns).sort();
    const results = (await this.request("transact", [
      database,
      ...tables.map((table) => ({ op: "select", table, where: [] })),
    ])) as { rows: WireRow[] }[];
    return Object.fromEntries(
      tables.map((table, i) => [table, (results[i]?.rows ?? []).map((row) => withoutDefaults(row))]),
    );
  }

  close(): void {
    this.#socket.destroy();
  }
}

function messageEnd(text: string): number {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === "\\") i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === "{") depth++;
    else if (c === "}" && --depth === 0) return i + 1;
  }
  return -1;
}

const defaults = new Set([
  '["set",[]]',
  '["map",[]]',
  '""',
  "0",
  "false",
  '["uuid","00000000-0000-0000-0000-000000000000"]',
]);

function withoutDefaults(row: WireRow): WireRow {
  const kept = Object.entries(row).filter(
    ([name, value]) => name !== "_version" && !defaults.has(JSON.stringify(value)),
  );
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const uuidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const shortHash = (text: string): string => createHash("sha1").update(text).digest("hex").slice(0, 4);

export function uuidOf(row: WireRow): string {
  return (row["_uuid"] as [string, string])[1];
}

/**
 * A name for every row that depends only on what the database holds: `<Port p0>`, or for rows without a name a hash of
 * their content, with the rows they refer to named likewise.
 */
export function rowLabels(database: RawDatabase): Map<string, string> {
  let labels = new Map<string, string>();
  for (let round = 0; round < 4; round++) {
    const next = new Map<string, string>();
    for (const [table, rows] of Object.entries(database)) {
      for (const row of rows) {
        const name = row["name"] ?? row["target"];
        const label = name === undefined ? shortHash(rowText(row, labels)) : String(name);
        next.set(uuidOf(row), `<${table} ${label}>`);
      }
    }
    labels = next;
  }
  return labels;
}

/** Puts labels in the place of uuids; unknown uuids become `<uuid 1>`, … in the order they appear. */
export function relabel(text: string, labels: ReadonlyMap<string, string>): string {
  const strangers = new Map<string, string>();
  return text.replace(uuidPattern, (uuid) => {
    const known = labels.get(uuid) ?? strangers.get(uuid);
    if (known !== undefined) return known;
    const label = `<uuid ${strangers.size + 1}>`;
    strangers.set(uuid, label);
    return label;
  });
}

function rowText(row: WireRow, labels: ReadonlyMap<string, string>): string {
  const content = Object.entries(row).filter(([column]) => column !== "_uuid");
  return JSON.stringify(Object.fromEntries(content.map(([column, value]) => [column, canonical(value, labels)])));
}

function canonical(value: Wire, labels: ReadonlyMap<string, string>): Wire {
  if (!Array.isArray(value)) return value;
  const [tag, inner] = value as [string, Wire];
  if (tag === "uuid") return labels.get(inner as string) ?? "<uuid>";
  if (tag !== "set" && tag !== "map") return value.map((v) => canonical(v, labels));
  const members = (inner as Wire[]).map((v) => JSON.stringify(canonical(v, labels))).sort();
  return [tag, members.map((m) => JSON.parse(m))];
}

/** The database as sorted lines, `Table {columns}`, with labels for uuids. */
export function databaseLines(database: RawDatabase, labels: ReadonlyMap<string, string>): string[] {
  return Object.entries(database)
    .flatMap(([table, rows]) => rows.map((row) => `${table} ${rowText(row, labels)}`))
    .sort();
}

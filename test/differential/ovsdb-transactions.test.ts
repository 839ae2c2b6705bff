import { afterAll, beforeAll, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { describeWith, program } from "../support/needs.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { startOurs, startReal, type TestServer } from "../support/ovsdb-servers.js";
import { corpus, corpusSchema } from "./ovsdb-corpus.js";

const uuidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** One server under test, with the UUIDs it has chosen in the order they were seen. */
class Side {
  readonly #names = new Map<string, string>();
  readonly uuids: string[] = [];
  readonly #server: TestServer;
  readonly #client: RawClient;

  constructor(server: TestServer, client: RawClient) {
    this.#server = server;
    this.#client = client;
  }

  async transact(operations: readonly unknown[]): Promise<string> {
    const filled = (json: unknown): unknown => {
      if (typeof json === "string")
        return json.replace(/^@(\d+)$/, (_, n: string) => this.uuids[Number(n)] ?? "missing");
      if (Array.isArray(json)) return json.map(filled);
      if (typeof json !== "object" || json === null) return json;
      return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, filled(value)]));
    };
    const reply = await this.#client.call("transact", ["Corpus", ...(operations.map(filled) as Json[])]);
    return this.#tidy(reply.result !== null ? reply.result! : reply.error!);
  }

  /** Names UUIDs by their order, and puts what has no order into one. */
  #tidy(reply: Json): string {
    const json = ordered(reply);
    for (const uuid of formatJson(json).match(uuidPattern) ?? []) {
      if (this.#names.has(uuid)) continue;
      if (/"uuid":\["uuid"/.test(formatJson(json))) this.uuids.push(uuid);
      this.#names.set(uuid, `<${this.#names.size}>`);
    }
    const text = formatJson(json, { sorted: true }).replace(uuidPattern, (uuid) => this.#names.get(uuid) ?? uuid);
    // Which of two rows is named first depends on upstream's hashing.
    return text.replace(/First row, with UUID (.*?) {2}Second row, with UUID (.*?)",/, (_, a: string, b: string) =>
      [a, b].sort().join(" / "),
    );
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#server.stop();
  }
}

/** Rows come in no particular order; `_version` is random and is left out. */
function ordered(json: Json): Json {
  if (Array.isArray(json)) return json.map((item: Json) => ordered(item));
  if (typeof json !== "object" || json === null) return json;
  const object = json as { readonly [name: string]: Json };
  const entries = Object.entries(object).filter(([name]) => name !== "_version");
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (name === "rows" && Array.isArray(value)) {
        const rows = value.map((row: Json) => ordered(row));
        const key = (row: Json): string => formatJson(row, { sorted: true }).replace(uuidPattern, "");
        return [name, rows.sort((a, b) => (key(a) < key(b) ? -1 : 1))];
      }
      return [name, ordered(value)];
    }),
  );
}

describeWith([program("/usr/sbin/ovsdb-server", "openvswitch-switch")], "the installed ovsdb-server and ours", () => {
  let ours: Side;
  let real: Side;

  beforeAll(async () => {
    const [our, other] = await Promise.all([startOurs(corpusSchema), startReal(corpusSchema)]);
    ours = new Side(our, await RawClient.open(our.socket));
    real = new Side(other, await RawClient.open(other.socket));
  });
  afterAll(async () => {
    await Promise.all([ours?.stop(), real?.stop()]);
  });

  for (const [number, operations] of corpus.entries()) {
    it(`answer ${number} the same: ${formatJson(operations as readonly Json[]).slice(0, 100)}`, async () => {
      const wanted = await real.transact(operations);
      expect(await ours.transact(operations)).toBe(wanted);
    });
  }
});

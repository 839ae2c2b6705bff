import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { declaredSchema } from "#ovsdb/declaration.js";
import type { Effects, OutgoingRequest } from "#ovsdb/replica/effects.js";
import { ReplicaEngine } from "#ovsdb/replica/replica-engine.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import { ModelConnection, ModelDatabase } from "../support/ovsdb-model-server.js";
import { shopDeclaration } from "../support/shop-declaration.js";

const follow = { Shop: "all", Visitor: "all" } as const;
const schema = schemaToJson(declaredSchema(shopDeclaration));

/** A client that counts by increments, or by writing what it has read and one more. Its messages are moved one at a time. */
class Client {
  readonly engine = new ReplicaEngine(shopDeclaration, follow);
  counted = 0;
  uncertain = 0;
  refused = 0;
  readonly values: number[] = [];
  readonly #model: ModelDatabase;
  #connection: ModelConnection | undefined;
  #toServer: OutgoingRequest[] = [];

  constructor(model: ModelDatabase) {
    this.#model = model;
  }

  connect(): void {
    if (this.#connection) return;
    this.#connection = new ModelConnection(this.#model, "monitor_cond_since");
    this.#take(this.engine.connected());
  }

  disconnect(): void {
    if (!this.#connection) return;
    this.#connection.close();
    this.#connection = undefined;
    this.#toServer = [];
    this.#take(this.engine.disconnected());
  }

  deliver(toServer: boolean): boolean {
    const request = toServer ? this.#toServer.shift() : undefined;
    if (request) {
      this.#connection!.request(request.method, request.params, request.id);
      return true;
    }
    const message = this.#connection?.outbox.shift();
    if (!message) return false;
    if (message.kind === "notification") this.#take(this.engine.notified(message.method, message.params));
    else this.#take(this.engine.answered(message.id, message));
    return true;
  }

  settle(): void {
    this.connect();
    while (this.deliver(true) || this.deliver(false));
  }

  count(how: "increment" | "read"): void {
    const [shop] = this.engine.table("Shop");
    if (!shop) return;
    const transaction = this.engine.transaction();
    if (how === "increment") transaction.increment("Shop", shop.uuid, "next_cfg");
    else transaction.set("Shop", shop.uuid, { next_cfg: Number(transaction.read("Shop", shop.uuid, "next_cfg")) + 1 });
    transaction.add("Shop", shop.uuid, "options", { [`by${this.#model.connections.size}`]: how });
    const effects = this.engine.submit(transaction, (outcome) => {
      if (outcome.status === "success") {
        this.counted++;
        if (outcome.incremented !== undefined) this.values.push(Number(outcome.incremented));
      } else if (outcome.status !== "tryAgain") throw new Error(outcome.status);
      else if (outcome.uncertain) this.uncertain++;
      else this.refused++;
    });
    this.#take(effects);
  }

  #take(effects: Effects): void {
    if (effects.leave) throw new Error(effects.leave.why);
    this.#toServer.push(...effects.send);
  }
}

const step = fc.record({
  who: fc.nat(2),
  what: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("increment", "read") },
    { weight: 10, arbitrary: fc.constantFrom("out", "in") },
    { weight: 1, arbitrary: fc.constantFrom("connect", "disconnect", "settle") },
  ),
});

describe("clients who count in one column", () => {
  it("lose no count, and count none twice, however their messages meet and connections break", () => {
    let refused = 0;
    let uncertain = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 150 }), (steps) => {
        const model = new ModelDatabase(schema);
        model.transact([{ op: "insert", table: "Shop", row: {} }]);
        const clients = [new Client(model), new Client(model), new Client(model)];
        for (const client of clients) client.settle();
        for (const { who, what } of steps) {
          const client = clients[who]!;
          if (what === "increment" || what === "read") client.count(what);
          else if (what === "out" || what === "in") client.deliver(what === "out");
          else client[what as "connect"]();
        }
        // What one has to send reaches the others, too.
        for (const client of [...clients, ...clients]) client.settle();
        const sum = (of: (client: Client) => number): number =>
          clients.reduce((total, client) => total + of(client), 0);
        const values = clients.flatMap((client) => client.values);
        expect(new Set(values).size).toBe(values.length);
        for (const { engine } of clients) {
          const count = Number([...engine.table("Shop")][0]!.next_cfg);
          expect(count).toBeGreaterThanOrEqual(sum((client) => client.counted));
          expect(count).toBeLessThanOrEqual(sum((client) => client.counted + client.uncertain));
        }
        refused += sum((client) => client.refused);
        uncertain += sum((client) => client.uncertain);
      }),
      { seed: 11, numRuns: 500 },
    );
    expect([refused > 100, uncertain > 100]).toEqual([true, true]);
  });
});

import type { Json } from "#util/json.js";
import { RawClient } from "./ovsdb-raw-client.js";

type Rows = Readonly<Record<string, { readonly new?: Readonly<Record<string, Json>>; readonly old?: Json }>>;

/**
 * Stands in for `ovs-vswitchd` on a database: gives new interfaces a port number, or -1 and an error where `faults` has their
 * name, and lets `cur_cfg` catch up with `next_cfg`. It can be paused.
 */
export class FakeSwitch {
  readonly #client: RawClient;
  readonly #faults: Readonly<Record<string, string>>;
  #seen = 0;
  #queue: Json[] = [];
  #paused = false;

  private constructor(client: RawClient, faults: Readonly<Record<string, string>>) {
    this.#client = client;
    this.#faults = faults;
  }

  static async start(socket: string, faults: Readonly<Record<string, string>> = {}): Promise<FakeSwitch> {
    const client = await RawClient.open(socket);
    const self = new FakeSwitch(client, faults);
    const columns = { Open_vSwitch: { columns: ["next_cfg"] }, Interface: { columns: ["name"] } };
    const { result } = await client.call("monitor", ["Open_vSwitch", "switch", columns]);
    self.#take(result as Readonly<Record<string, Rows>>);
    void self.#follow();
    return self;
  }

  /** Configurations asked for so far that were not taken up while paused. */
  get waiting(): number {
    return this.#queue.length;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    const queue = this.#queue;
    this.#queue = [];
    if (queue.length > 0) void this.#client.call("transact", ["Open_vSwitch", ...queue]);
  }

  /** Waits until something was asked for while paused. */
  async asked(): Promise<void> {
    await this.#client.until(() => {
      this.#drain();
      return this.#queue.length > 0;
    });
  }

  stop(): void {
    this.#client.close();
  }

  async #follow(): Promise<void> {
    for (;;) {
      await this.#client.until(() => this.#client.closed || this.#client.notifications.length > this.#seen);
      if (this.#client.closed) return;
      this.#drain();
    }
  }

  #drain(): void {
    for (; this.#seen < this.#client.notifications.length; this.#seen++) {
      const params = this.#client.notifications[this.#seen]?.["params"] as readonly Json[] | undefined;
      this.#take((params?.[1] ?? {}) as Readonly<Record<string, Rows>>);
    }
  }

  #take(updates: Readonly<Record<string, Rows>>): void {
    for (const [uuid, row] of Object.entries(updates["Interface"] ?? {})) {
      if (row.new === undefined || row.old !== undefined) continue;
      const fault = this.#faults[String(row.new["name"])];
      const values = fault === undefined ? { ofport: 1 } : { ofport: -1, ...(fault === "" ? {} : { error: fault }) };
      this.#queue.push({ op: "update", table: "Interface", where: [["_uuid", "==", ["uuid", uuid]]], row: values });
    }
    for (const row of Object.values(updates["Open_vSwitch"] ?? {})) {
      if (row.new === undefined) continue;
      const done = { cur_cfg: row.new["next_cfg"] ?? 0 };
      this.#queue.push({ op: "update", table: "Open_vSwitch", where: [], row: done });
    }
    if (!this.#paused) this.resume();
  }
}

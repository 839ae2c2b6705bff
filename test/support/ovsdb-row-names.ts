import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { RowMark } from "./ovsdb-random-wide.js";

const nobody = "eeeeeeee-0000-4000-8000-000000000000";
const pattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The UUIDs that one server gave to the rows inserted one after the other, so that what two servers say can be compared. */
export class RowNames {
  readonly #uuids: string[] = [];
  readonly #names = new Map<string, string>([[nobody, "<nobody>"]]);

  add(uuid: string): void {
    this.#names.set(uuid, `<row ${this.#uuids.length}>`);
    this.#uuids.push(uuid);
  }

  /** Puts this server's UUIDs in the place of marks. */
  fill(json: Json): Json {
    if (Array.isArray(json)) return json.map((item: Json) => this.fill(item));
    if (typeof json !== "object" || json === null) return json;
    if ("$row" in json) return ["uuid", this.#uuids[(json as unknown as RowMark).$row] ?? nobody];
    return Object.fromEntries(Object.entries(json).map(([name, member]) => [name, this.fill(member as Json)]));
  }

  /** Text that is equal for equal answers: names for UUIDs, sets, maps and rows in the order of their text. */
  text(json: Json): string {
    return this.#label(formatJson(this.#tidy(json), { sorted: true }));
  }

  #label(text: string): string {
    return text.replace(pattern, (uuid) => this.#names.get(uuid) ?? "<other>");
  }

  #sorted(items: readonly Json[]): Json[] {
    const keyed = items.map((item): [string, Json] => [this.#label(formatJson(item, { sorted: true })), item]);
    return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, item]) => item);
  }

  #tidy(json: Json): Json {
    if (Array.isArray(json)) {
      const items = json.map((item: Json) => this.#tidy(item));
      const [kind, list] = items;
      if ((kind === "set" || kind === "map") && items.length === 2 && Array.isArray(list))
        return [kind, this.#sorted(list)];
      return items;
    }
    if (typeof json !== "object" || json === null) return json;
    return Object.fromEntries(
      Object.entries(json).map(([name, member]) => {
        const inner = this.#tidy(member as Json);
        return [name, name === "rows" && Array.isArray(inner) ? this.#sorted(inner) : inner];
      }),
    );
  }
}

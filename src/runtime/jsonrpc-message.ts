import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";

export type JsonRpcId = Json;

/** A message of JSON-RPC 1.0, as RFC 7047 section 4 uses it. */
export type JsonRpcMessage =
  | { readonly kind: "request"; readonly method: string; readonly params: readonly Json[]; readonly id: JsonRpcId }
  | { readonly kind: "notification"; readonly method: string; readonly params: readonly Json[] }
  | { readonly kind: "reply"; readonly result: Json; readonly id: JsonRpcId }
  | { readonly kind: "error"; readonly error: Json; readonly id: JsonRpcId };

/** The message is JSON but no JSON-RPC; the text is what Open vSwitch logs. */
export class JsonRpcError extends Error {
  override name = "JsonRpcError";
}

type Kind = JsonRpcMessage["kind"];
const members = ["method", "params", "result", "error", "id"] as const;
type Member = (typeof members)[number];

/** Which members each kind must have; it must not have the others. */
const required: Readonly<Record<Kind, readonly Member[]>> = {
  request: ["method", "params", "id"],
  notification: ["method", "params"],
  reply: ["result", "id"],
  error: ["error", "id"],
};

function kindOf(has: ReadonlySet<Member>): Kind {
  if (has.has("result")) return "reply";
  if (has.has("error")) return "error";
  return has.has("id") ? "request" : "notification";
}

/** Reads a parsed JSON value as a message. A member that is null counts as absent, as upstream has it. Throws `JsonRpcError`. */
export function decodeMessage(json: Json): JsonRpcMessage {
  if (json === null || typeof json !== "object" || Array.isArray(json)) {
    throw new JsonRpcError("message is not a JSON object");
  }
  const object = json as { readonly [name: string]: Json };
  if (object["method"] !== undefined && typeof object["method"] !== "string") {
    if (object["method"] !== null) throw new JsonRpcError("method is not a JSON string");
  }
  const unexpected = Object.keys(object).find((name) => !(members as readonly string[]).includes(name));
  if (unexpected !== undefined) throw new JsonRpcError(`message has unexpected member "${unexpected}"`);
  const has = new Set(members.filter((name) => object[name] !== undefined && object[name] !== null));
  const kind = kindOf(has);
  for (const name of members) {
    // A reply's result may well be null, with which it looks like no reply at all: upstream takes it for one by its id.
    const must = required[kind].includes(name);
    if (must && !has.has(name)) throw new JsonRpcError(`${kind} must have "${name}"`);
    if (!must && has.has(name)) throw new JsonRpcError(`${kind} must not have "${name}"`);
    if (name === "params" && must && !Array.isArray(object["params"])) {
      throw new JsonRpcError('"params" must be JSON array');
    }
  }
  const method = object["method"] as string;
  const params = object["params"] as readonly Json[];
  const id = object["id"] ?? null;
  switch (kind) {
    case "request":
      return { kind, method, params, id };
    case "notification":
      return { kind, method, params };
    case "reply":
      return { kind, result: object["result"]!, id };
    case "error":
      return { kind, error: object["error"]!, id };
  }
}

/** The text of a message, with the members that upstream sends, in its order. An error has no `result`. */
export function messageText(message: JsonRpcMessage): string {
  switch (message.kind) {
    case "request":
      return `{"id":${formatJson(message.id)},"method":${JSON.stringify(message.method)},"params":${formatJson(message.params)}}`;
    case "notification":
      return `{"id":null,"method":${JSON.stringify(message.method)},"params":${formatJson(message.params)}}`;
    case "reply":
      return `{"id":${formatJson(message.id)},"result":${formatJson(message.result)},"error":null}`;
    case "error":
      return `{"id":${formatJson(message.id)},"error":${formatJson(message.error)}}`;
  }
}

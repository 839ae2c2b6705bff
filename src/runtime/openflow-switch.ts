import { decodeMessage, encodeMessage, encodeMessages } from "#openflow/messages/codec.js";
import type { Message } from "#openflow/messages/message.js";
import type { Body } from "#openflow/messages/table.js";
import { OfpError } from "#openflow/ofp-error.js";
import { type Protocol, protocolOfVersion, protocols } from "#openflow/protocol.js";
import { protocolChange } from "#openflow/protocol-change.js";
import type { Version } from "#openflow/version.js";
import type { ConnectionEnded } from "./jsonrpc.js";
import { limitedLog } from "./limited-log.js";
import type { Log } from "./logger.js";
import type { OpenFlowClient } from "./openflow-client.js";

/** The bodies of a kind, some of which have several kinds. */
type BodyOfKind<K extends string, B = Body> = B extends { readonly kind: infer Kinds }
  ? K extends Kinds
    ? B & { readonly kind: K }
    : never
  : never;

type KnownReply<R extends Body> = R extends { readonly kind: `${infer Name}_request` }
  ? BodyOfKind<`${Name}_reply`>
  : never;

/** What answers a request: `port_desc_reply` to `port_desc_request`. Any body where the names do not say. */
export type ReplyTo<R extends Body> = [KnownReply<R>] extends [never] ? Body : KnownReply<R>;

/** A switch, spoken to in messages that are free of versions. Bytes and ids are dealt with inside; `client` has them. */
export class OpenFlowSwitch {
  readonly client: OpenFlowClient;
  readonly #log: Log;
  #protocol: Protocol;

  constructor(client: OpenFlowClient, log: Log) {
    this.client = client;
    this.#log = log;
    this.#protocol = protocolOfVersion(client.version);
  }

  /** As it is called in logs: the target, or the peer's address. */
  get name(): string {
    return this.client.name;
  }

  get version(): Version {
    return this.client.version;
  }

  /** How flows are said: `OpenFlow10-table_id` at first where that is the version, and `OXM-OpenFlow15` and the like for others. */
  get protocol(): Protocol {
    return this.#protocol;
  }

  /** False once the connection has ended. */
  get open(): boolean {
    return this.client.open;
  }

  /**
   * On OpenFlow 1.0, changes to Nicira's flow format with table numbers, so that flows may match on more than twelve fields. Rejects with
   * `OpenFlowRefusal` where the switch has no such thing. Other versions need nothing.
   */
  async extend(): Promise<void> {
    const wanted = protocols.findLast((p) => p.version === this.version)!;
    await this.apply(...protocolChange(this.#protocol, wanted));
    this.#protocol = wanted;
  }

  /**
   * Asks, and gives the reply. Rejects with `OpenFlowRefusal` where that is an error, `OfpError` where it cannot be read, `ConnectionEnded`
   * where none will come, `UserError` where the version has no such request.
   */
  async request<const R extends Body>(body: R): Promise<ReplyTo<R>> {
    return this.#reply<R>(await this.client.request(this.#encode(body)));
  }

  /** Asks by a multipart request, and gives the reply's parts as they come. The switch waits while they are not taken. */
  async *replies<const R extends Body>(body: R): AsyncIterableIterator<ReplyTo<R>> {
    const parts = encodeMessages(body, this.version, this.client.xid(), { protocol: this.#protocol });
    for await (const bytes of this.client.replies(...parts)) yield this.#reply<R>(bytes);
  }

  /** Sends messages and waits until the switch has done them. Rejects with the first `OpenFlowRefusal` where it refused any. */
  async apply(...bodies: readonly Body[]): Promise<void> {
    const refusals = await this.client.transact(bodies.map((body) => this.#encode(body)));
    if (refusals[0]) throw refusals[0];
  }

  /** Sends a message and does not wait. Where the switch refuses it, the error is among `messages()`. */
  send(body: Body): void {
    this.client.send(this.#encode(body));
  }

  /** Waits until the switch has done all that it was sent. */
  barrier(): Promise<void> {
    return this.client.barrier();
  }

  /** What the switch sends by itself, and errors to what was only sent; ends with the connection. What cannot be read is logged. */
  async *messages(): AsyncIterableIterator<Message> {
    for await (const bytes of this.client.messages()) {
      const message = this.#tryDecode(bytes);
      if (message) yield message;
    }
  }

  /** Tells when the peer or a fault has ended the connection. */
  onClose(handler: (reason: ConnectionEnded) => void): void {
    this.client.onClose(handler);
  }

  /** Flushes and ends the connection. */
  close(): void {
    this.client.close();
  }

  #encode(body: Body): Uint8Array {
    return encodeMessage(body, this.version, this.client.xid(), { protocol: this.#protocol });
  }

  #decode(bytes: Uint8Array): Message {
    return decodeMessage(bytes, (module, text) => limitedLog(this.#log, module).warn(text));
  }

  #reply<R extends Body>(bytes: Uint8Array): ReplyTo<R> {
    return this.#decode(bytes).body as ReplyTo<R>;
  }

  #tryDecode(bytes: Uint8Array): Message | undefined {
    try {
      return this.#decode(bytes);
    } catch (error) {
      if (error instanceof OfpError) return undefined;
      throw error;
    }
  }
}

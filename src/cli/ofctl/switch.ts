import { isTlsName } from "#host/stream-name.js";
import { decodeMessage, encodeMessage, encodeMessages } from "#openflow/messages/codec.js";
import type { Message } from "#openflow/messages/message.js";
import type { Body } from "#openflow/messages/table.js";
import { type Protocol, protocolOfVersion } from "#openflow/protocol.js";
import type { Version } from "#openflow/version.js";
import { ToldError } from "#runtime/end-reason.js";
import { type OpenFlowClient, OpenFlowRefusal } from "#runtime/openflow-client.js";
import { type BridgeSocket, connectToSwitch, talkingError } from "#runtime/openflow-target.js";
import { readTlsSettings } from "../db-ctl/tls-settings.js";
import { complaints } from "./complaints.js";
import type { OfctlContext } from "./ofctl-command.js";
import { messageText } from "./print-message.js";

/** How a connection to a switch is asked for. */
export interface OpenSwitchOptions {
  readonly socket?: BridgeSocket;
  /** Versions instead of those that `--protocols` gives, as bits. */
  readonly versions?: number;
}

/** A switch as commands talk to it: bodies in, bodies out, in the connection's version. */
export class Switch {
  readonly name: string;
  readonly client: OpenFlowClient;
  /** How flows are said; `openForFlows` and `useDumpProtocol` may raise it. */
  protocol: Protocol;
  readonly #context: OfctlContext;

  private constructor(name: string, client: OpenFlowClient, context: OfctlContext) {
    this.name = name;
    this.client = client;
    this.protocol = protocolOfVersion(client.version);
    this.#context = context;
  }

  /** Connects to a bridge by name, a socket or a connection method. Throws `UserError`. */
  static async open(name: string, context: OfctlContext, options: OpenSwitchOptions = {}): Promise<Switch> {
    const { io, log, settings } = context;
    const client = await connectToSwitch(
      io.host,
      log,
      name,
      {
        versions: options.versions ?? settings.versions,
        xids: context.xids,
        connect: { tls: isTlsName(name) ? readTlsSettings(io.host.files, name, settings.tls) : undefined },
      },
      options.socket,
    );
    return new Switch(name, client, context);
  }

  get version(): Version {
    return this.client.version;
  }

  /** A message in the connection's version, under a new id. */
  encode(body: Body): Uint8Array {
    return encodeMessage(body, this.version, this.client.xid(), { protocol: this.protocol });
  }

  /** A message under an id that another has. */
  encodeWithXid(body: Body, xid: number): Uint8Array {
    return encodeMessage(body, this.version, xid, { protocol: this.protocol });
  }

  /** The bytes of a reply as a message. */
  decode(bytes: Uint8Array): Message {
    return decodeMessage(bytes, complaints(this.#context));
  }

  /** Asks, and gives the reply, which may be an error. */
  async request(body: Body): Promise<Uint8Array> {
    return this.#talk(async () => {
      try {
        return await this.client.request(this.encode(body));
      } catch (error) {
        if (error instanceof OpenFlowRefusal) return error.bytes;
        throw error;
      }
    });
  }

  /** Asks by a multipart request, and gives the parts of the reply as they come; an error is the last. */
  async *replies(body: Body): AsyncIterableIterator<Uint8Array> {
    const parts = encodeMessages(body, this.version, this.client.xid(), { protocol: this.protocol });
    try {
      yield* this.client.replies(...parts);
    } catch (error) {
      if (!(error instanceof OpenFlowRefusal)) throw talkingError(this.name, error);
      yield error.bytes;
    }
  }

  /** Sends what is answered only where it fails, and waits until it is done. Gives the first refusal. */
  async attempt(...bodies: readonly Body[]): Promise<OpenFlowRefusal | undefined> {
    const refusals = await this.#talk(() => this.client.transact(bodies.map((body) => this.encode(body))));
    return refusals[0];
  }

  /** As `attempt`, but a refusal is printed on standard error and ends the program. */
  async tell(...bodies: readonly Body[]): Promise<void> {
    const refusal = await this.attempt(...bodies);
    if (refusal === undefined) return;
    this.#context.io.stderr(messageText(refusal.bytes, this.#context, this.#context.settings.verbosity + 1));
    throw new ToldError("the switch refused");
  }

  close(): void {
    this.client.close();
  }

  async #talk<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw talkingError(this.name, error);
    }
  }
}

/** Opens a switch, does the work, and closes it. */
export async function withSwitch(
  name: string,
  context: OfctlContext,
  work: (on: Switch) => Promise<void>,
  options: OpenSwitchOptions = {},
): Promise<number> {
  const on = await Switch.open(name, context, options);
  try {
    await work(on);
    return 0;
  } finally {
    on.close();
  }
}

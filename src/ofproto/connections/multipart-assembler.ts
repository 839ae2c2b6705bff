import { HEADER_LENGTH, readHeader } from "#openflow/header.js";
import type { Envelope } from "#openflow/messages/codec.js";
import type { Message } from "#openflow/messages/message.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OF13 } from "#openflow/version.js";
import type { Cancel, Clock } from "#util/clock.js";

/** OFPMPF_REQ_MORE. */
const MORE = 1;
/** Milliseconds that the next part of a request may take. */
const PATIENCE = 1000;

/** Bytes that one request's parts may have, and those of all requests that are not whole. */
const MOST = 4 << 20;
const MOST_OF_ALL = 4 * MOST;

/** Parts of a request that others follow. */
interface Parts {
  /** Whole messages; errors quote the first. */
  readonly requests: Uint8Array[];
  readonly name: string;
  bytes: number;
  timer: Cancel | undefined;
}

/** Told of a request of which the rest did not come; `request` is its first message. */
export type RefuseParts = (error: OfpError, request: Uint8Array) => void;

/**
 * Puts together requests that come in several messages, as OpenFlow 1.3 and later allow: parts have one transaction and kind, and all but the last say that
 * more follow.
 */
export class MultipartAssembler {
  readonly #clock: Clock;
  readonly #parts = new Map<number, Parts>();
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Takes a message whose headers were read; gives the messages that are a whole request with it, undefined where some are missing. Throws
   * OFPBRC_BAD_STAT where the message is of another kind than those before it, OFPBRC_MULTIPART_BUFFER_OVERFLOW where parts are too long together: the parts
   * are forgotten.
   */
  take(envelope: Envelope, bytes: Uint8Array, refuse: RefuseParts): readonly Uint8Array[] | undefined {
    const { version, xid, flags, name } = envelope;
    const before = this.#parts.get(xid);
    const more = (flags & MORE) !== 0;
    if (version < OF13 || !isMultipart(bytes) || (before === undefined && !more)) return [bytes];
    const parts = before ?? { requests: [], name, bytes: 0, timer: undefined };
    this.#forget(xid);
    if (parts.name !== name) throw new OfpError("OFPBRC_BAD_STAT");
    parts.requests.push(bytes);
    parts.bytes += bytes.length;
    if (parts.bytes > MOST || this.#bytes + parts.bytes > MOST_OF_ALL) {
      throw new OfpError("OFPBRC_MULTIPART_BUFFER_OVERFLOW");
    }
    if (!more) return parts.requests;
    this.#keep(xid, parts, refuse);
    return undefined;
  }

  /** The connection is over. */
  clear(): void {
    for (const xid of [...this.#parts.keys()]) this.#forget(xid);
  }

  #keep(xid: number, parts: Parts, refuse: RefuseParts): void {
    this.#parts.set(xid, parts);
    this.#bytes += parts.bytes;
    parts.timer = this.#clock.after(PATIENCE, () => {
      this.#forget(xid);
      refuse(new OfpError("OFPBRC_MULTIPART_REQUEST_TIMEOUT"), parts.requests[0]!);
    });
  }

  #forget(xid: number): void {
    const parts = this.#parts.get(xid);
    if (parts === undefined) return;
    parts.timer?.cancel();
    this.#parts.delete(xid);
    this.#bytes -= parts.bytes;
  }
}

/** OFPT_MULTIPART_REQUEST. */
const REQUEST = 18;
const isMultipart = (bytes: Uint8Array): boolean => readHeader(bytes).type === REQUEST;

const [OWN, EXPERIMENTERS] = [HEADER_LENGTH + 8, HEADER_LENGTH + 16];

function hasNoBody({ name }: Message, { length }: Uint8Array): boolean {
  return length === (name.startsWith("OFP") ? OWN : EXPERIMENTERS);
}

/**
 * The messages of one request as one: lists are joined, requests without a body are one. Others do not come in parts: undefined. `requests` are their
 * bytes.
 */
export function joined(messages: readonly Message[], requests: readonly Uint8Array[]): Message | undefined {
  const [first] = messages;
  if (first === undefined || messages.length === 1) return first;
  const bodies = messages.map((m) => m.body);
  const { body } = first;
  switch (body.kind) {
    case "flow_monitor_request":
      return {
        ...first,
        body: { ...body, monitors: bodies.flatMap((b) => (b.kind === body.kind ? b.monitors : [])) },
      };
    case "table_features_request":
      return { ...first, body: { ...body, tables: bodies.flatMap((b) => (b.kind === body.kind ? b.tables : [])) } };
    default:
      return messages.every((m, i) => hasNoBody(m, requests[i]!)) ? first : undefined;
  }
}

import { HEADER_LENGTH, readHeader } from "#openflow/header.js";
import type { Message } from "#openflow/messages/message.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OF13 } from "#openflow/version.js";
import type { Cancel, Clock } from "#util/clock.js";

/** OFPMPF_REQ_MORE. */
const MORE = 1;
/** Milliseconds that the next part of a request may take. */
const PATIENCE = 1000;

/** Parts of a request that others follow. */
interface Parts {
  /** The first, whole, for errors that quote it. */
  readonly request: Uint8Array;
  readonly messages: Message[];
  /** Parts have been told of nothing but headers. */
  isEmpty: boolean;
  timer: Cancel | undefined;
}

/** Told of a request that came in parts and is refused; `request` is its first message. */
export type RefuseParts = (error: OfpError, request: Uint8Array) => void;

/**
 * Puts together requests that come in several messages, as OpenFlow 1.3 and later allow: parts have one transaction and kind, and all but the last say that
 * more follow.
 */
export class MultipartAssembler {
  readonly #clock: Clock;
  readonly #parts = new Map<number, Parts>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Takes a message; gives the request that is whole with it, undefined where parts of it are missing or it was refused. Throws OFPBRC_BAD_STAT where the
   * message is of another kind than those before it.
   */
  take(message: Message, bytes: Uint8Array, refuse: RefuseParts): Message | undefined {
    const { version, xid, flags } = message;
    const before = this.#parts.get(xid);
    const more = (flags & MORE) !== 0;
    if (version < OF13 || !isMultipart(bytes) || (before === undefined && !more)) return message;
    const parts = before ?? { request: bytes, messages: [], isEmpty: true, timer: undefined };
    this.#forget(xid);
    if (parts.messages.some((m) => m.name !== message.name)) throw new OfpError("OFPBRC_BAD_STAT");
    parts.messages.push(message);
    parts.isEmpty &&= hasNoBody(message, bytes);
    if (more) {
      this.#keep(xid, parts, refuse);
      return undefined;
    }
    const whole = merged(parts);
    if (whole === undefined) refuse(new OfpError("OFPBRC_BAD_STAT"), parts.request);
    return whole;
  }

  /** The connection is over. */
  clear(): void {
    for (const xid of [...this.#parts.keys()]) this.#forget(xid);
  }

  #keep(xid: number, parts: Parts, refuse: RefuseParts): void {
    this.#parts.set(xid, parts);
    parts.timer = this.#clock.after(PATIENCE, () => {
      this.#parts.delete(xid);
      refuse(new OfpError("OFPBRC_MULTIPART_REQUEST_TIMEOUT"), parts.request);
    });
  }

  #forget(xid: number): void {
    this.#parts.get(xid)?.timer?.cancel();
    this.#parts.delete(xid);
  }
}

/** OFPT_MULTIPART_REQUEST. */
const REQUEST = 18;
const isMultipart = (bytes: Uint8Array): boolean => readHeader(bytes).type === REQUEST;

const [OWN, EXPERIMENTERS] = [HEADER_LENGTH + 8, HEADER_LENGTH + 16];

function hasNoBody({ name }: Message, { length }: Uint8Array): boolean {
  return length === (name.startsWith("OFP") ? OWN : EXPERIMENTERS);
}

/** Parts as one request: lists are joined, requests without a body are one. Others do not come in parts. */
function merged({ messages, isEmpty }: Parts): Message | undefined {
  const [first] = messages;
  const bodies = messages.map((m) => m.body);
  const body = bodies[0]!;
  switch (body.kind) {
    case "flow_monitor_request":
      return {
        ...first!,
        body: { ...body, monitors: bodies.flatMap((b) => (b.kind === body.kind ? b.monitors : [])) },
      };
    case "table_features_request":
      return { ...first!, body: { ...body, tables: bodies.flatMap((b) => (b.kind === body.kind ? b.tables : [])) } };
    default:
      return isEmpty ? first : undefined;
  }
}

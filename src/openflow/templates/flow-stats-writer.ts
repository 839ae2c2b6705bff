import { put16, put32 } from "#util/big-endian.js";
import { encodeMessage } from "../messages/codec.js";
import type { FlowStats } from "../messages/flow/flow-stats.js";
import { OF13, OF14, type Version } from "../version.js";

const MULTIPART_REPLY = 19;
const FLOW = 1;
const HEADERS = 16;
/** Bytes of an entry before its match. */
const ENTRY = 48;
const LONGEST = 65535;
const MORE = 1;

/** What an entry says beside its match and instructions. Counts are whole numbers up to 2 ** 53. */
export interface FlowFigures {
  readonly tableId: number;
  readonly priority: number;
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly importance: number;
  readonly flags: number;
  /** Upper and lower 32 bits. */
  readonly cookieHigh: number;
  readonly cookieLow: number;
  readonly packets: number;
  readonly bytes: number;
}

/**
 * Writes flow statistics of OpenFlow 1.2 to 1.4 (OFPMP_FLOW replies) of very many flows, whose matches and instructions are there as bytes. Flows without
 * such are written as everything is.
 */
export class FlowStatsWriter {
  readonly #version: Version;
  readonly #xid: number;
  readonly #messages: Uint8Array[] = [];
  readonly #buffer: Uint8Array = new Uint8Array(LONGEST);
  #length = HEADERS;

  constructor(version: Version, xid: number) {
    this.#version = version;
    this.#xid = xid;
  }

  /** `wire`: match and instructions; seconds and nanoseconds since the flow is there. */
  add(flow: FlowFigures, wire: Uint8Array, seconds: number, nanoseconds: number): void {
    const size = ENTRY + wire.length;
    if (this.#length + size > LONGEST) this.#cut(MORE);
    const b = this.#buffer;
    const at = this.#length;
    put16(b, at, size);
    b[at + 2] = flow.tableId;
    b[at + 3] = 0;
    put32(b, at + 4, seconds);
    put32(b, at + 8, nanoseconds);
    put16(b, at + 12, flow.priority);
    put16(b, at + 14, flow.idleTimeout);
    put16(b, at + 16, flow.hardTimeout);
    put16(b, at + 18, this.#version >= OF13 ? flow.flags : 0);
    put16(b, at + 20, this.#version >= OF14 ? flow.importance : 0);
    put16(b, at + 22, 0);
    put32(b, at + 24, flow.cookieHigh);
    put32(b, at + 28, flow.cookieLow);
    putCount(b, at + 32, flow.packets);
    putCount(b, at + 40, flow.bytes);
    const from = at + ENTRY;
    for (let i = 0; i < wire.length; i++) b[from + i] = wire[i]!;
    this.#length += size;
  }

  /** A flow of any kind. */
  addOther(flow: FlowStats): void {
    const message = encodeMessage({ kind: "flow_stats_reply", flows: [flow] }, this.#version, this.#xid);
    const size = message.length - HEADERS;
    if (this.#length + size > LONGEST) this.#cut(MORE);
    this.#buffer.set(message.subarray(HEADERS), this.#length);
    this.#length += size;
  }

  /** Messages that are full, each once: more follow. */
  take(): readonly Uint8Array[] {
    return this.#messages.splice(0);
  }

  /** The messages that were not taken: all but the last say that more follow. */
  done(): readonly Uint8Array[] {
    this.#cut(0);
    return this.take();
  }

  #cut(flags: number): void {
    const message = this.#buffer.slice(0, this.#length);
    message[0] = this.#version;
    message[1] = MULTIPART_REPLY;
    put16(message, 2, this.#length);
    put32(message, 4, this.#xid);
    put16(message, 8, FLOW);
    put16(message, 10, flags);
    put32(message, 12, 0);
    this.#messages.push(message);
    this.#length = HEADERS;
  }
}

function putCount(b: Uint8Array, at: number, count: number): void {
  put32(b, at, Math.floor(count / 0x100000000));
  put32(b, at + 4, count % 0x100000000);
}

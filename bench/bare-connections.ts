/*
 * TCP connections without TCP: segments made by hand at both ends, so that what opens them costs little and the switch between them is what is measured. Each
 * connection is opened and closed at once, in six segments; both ends answer from the segment alone and remember nothing.
 */
import type { Guest } from "./guests.js";
import { PacketEnd } from "./packet-end.js";

const FRAME = 60;
const IP = 14;
const TCP = 34;
const FIN = 1;
const SYN = 2;
const ACK = 16;
/** Connections that are being opened or closed at any time. */
const WINDOW = 64;
/** Milliseconds without a frame after which what was under way counts as lost. */
const STALLED = 100;
const SERVER_PORT = 80;
const FIRST_PORT = 1024;
const PORTS = 60_000;

function sumWords(bytes: Uint8Array, from: number, to: number, start: number): number {
  let sum = start;
  for (let i = from; i < to; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, (value >>> 16) & 0xffff);
  put16(bytes, at + 2, value & 0xffff);
}

function get32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function finish(bytes: Uint8Array, at: number, flags: number): void {
  put16(bytes, at + IP + 10, 0);
  put16(bytes, at + IP + 10, sumWords(bytes, at + IP, at + TCP, 0));
  bytes[at + TCP + 13] = flags;
  put16(bytes, at + TCP + 16, 0);
  put16(bytes, at + TCP + 16, sumWords(bytes, at + IP + 12, at + TCP + 20, 6 + 20));
}

function macOf(guest: Guest): Uint8Array {
  return Uint8Array.from(guest.mac.split(":"), (part) => Number.parseInt(part, 16));
}

/** Connections from one guest to another; no two have the same client address and port. */
export class BareConnections {
  readonly #client: PacketEnd;
  readonly #server: PacketEnd;
  readonly #syn = new Uint8Array(FRAME);
  #opened = 0;

  constructor(client: Guest, server: Guest) {
    this.#client = new PacketEnd(client, FRAME);
    this.#server = new PacketEnd(server, FRAME);
    this.#syn.set(macOf(server), 0);
    this.#syn.set(macOf(client), 6);
    this.#syn.set([8, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 78, 0, 1, 10, 79, 0, 1], 12);
    put16(this.#syn, TCP + 2, SERVER_PORT);
    this.#syn.set([0x50, 0, 0xff, 0xff], TCP + 12);
  }

  /** Opens and closes as many as go through in `seconds`; returns how many were opened and, all six segments seen, closed. */
  run(seconds: number): { readonly opened: number; readonly closed: number } {
    const first = this.#opened;
    const end = performance.now() + seconds * 1000;
    let [closed, underWay, heard] = [0, 0, performance.now()];
    for (let now = heard; now < end; now = performance.now()) {
      for (; underWay < WINDOW; underWay++) this.#open();
      this.#client.flush();
      const atServer = this.#server.receive((at) => this.#serve(at));
      this.#server.flush();
      const before = closed;
      const atClient = this.#client.receive((at) => {
        if (this.#answer(at)) closed++;
      });
      underWay -= closed - before;
      if (atServer + atClient > 0) heard = now;
      else if (now - heard > STALLED) underWay = 0;
      else PacketEnd.wait([this.#client, this.#server], 1);
    }
    return { opened: this.#opened - first, closed };
  }

  close(): void {
    this.#client.close();
    this.#server.close();
  }

  #open(): void {
    const at = this.#client.push();
    const bytes = this.#client.bytes;
    bytes.set(this.#syn, at);
    const number = this.#opened++;
    put16(bytes, at + IP + 14, 1 + Math.floor(number / PORTS));
    put16(bytes, at + TCP, FIRST_PORT + (number % PORTS));
    put32(bytes, at + TCP + 4, number * 77);
    finish(bytes, at, SYN);
  }

  /** The server's answer to a segment: SYN+ACK to SYN, FIN+ACK to FIN. */
  #serve(at: number): void {
    const flags = this.#flags(this.#server, at);
    if (flags === SYN) this.#reply(this.#server, at, SYN | ACK, 7000, 1);
    else if ((flags & FIN) !== 0) this.#reply(this.#server, at, FIN | ACK, -1, 1);
  }

  /** The client's answer, ACK and FIN to SYN+ACK and the last ACK to FIN+ACK; whether that was the end of a connection. */
  #answer(at: number): boolean {
    const flags = this.#flags(this.#client, at);
    if (flags === (SYN | ACK)) {
      this.#reply(this.#client, at, ACK, -1, 1);
      this.#reply(this.#client, at, FIN | ACK, -1, 1);
    } else if ((flags & FIN) !== 0) {
      this.#reply(this.#client, at, ACK, -1, 1);
      return true;
    }
    return false;
  }

  #flags(end: PacketEnd, at: number): number {
    const bytes = end.bytes;
    return bytes[at + 12] === 8 && bytes[at + 13] === 0 && bytes[at + IP + 9] === 6 ? bytes[at + TCP + 13]! : 0;
  }

  /** Answers the segment at `from`: `sequence` of -1 is what the other side acknowledged, `ahead` what its segment took of its sequence numbers. */
  #reply(end: PacketEnd, from: number, flags: number, sequence: number, ahead: number): void {
    const at = end.push();
    const bytes = end.bytes;
    bytes.copyWithin(at, from + 6, from + 12);
    bytes.copyWithin(at + 6, from, from + 6);
    bytes.copyWithin(at + 12, from + 12, from + IP + 12);
    bytes.copyWithin(at + IP + 12, from + IP + 16, from + IP + 20);
    bytes.copyWithin(at + IP + 16, from + IP + 12, from + IP + 16);
    bytes.copyWithin(at + TCP, from + TCP + 2, from + TCP + 4);
    bytes.copyWithin(at + TCP + 2, from + TCP, from + TCP + 2);
    put32(bytes, at + TCP + 4, sequence === -1 ? get32(bytes, from + TCP + 8) : sequence);
    put32(bytes, at + TCP + 8, (get32(bytes, from + TCP + 4) + ahead) >>> 0);
    bytes.set([0x50, 0, 0xff, 0xff], at + TCP + 12);
    bytes.fill(0, at + TCP + 18, at + FRAME);
    finish(bytes, at, flags);
  }
}

import type { Frame } from "../userspace/frames/frame.js";
import { C, F_DNAT, F_SNAT, PORTS, TUPLE_WORDS } from "./connection-layout.js";
import type { Expectations } from "./expectations.js";
import { readFtp, writeFtp } from "./ftp.js";
import type { SequenceShifts } from "./sequence-shift.js";
import { splicePayload } from "./splice-payload.js";
import type { TrackedPacket } from "./tracked-packet.js";
import { newTuple, TUPLE_ID, type Tuple } from "./tuple.js";

const LONGEST_LINE = 512;
const TFTP_READ = 1;
const TFTP_WRITE = 2;

/** Where helpers note what they found. */
export interface HelperBooks {
  readonly expectations: Expectations;
  readonly shifts: SequenceShifts;
  readonly tick: number;
}

/** The beginning of a packet's payload, a character per byte. */
function payloadText(frame: Frame, p: TrackedPacket): string {
  const size = Math.min(LONGEST_LINE, p.end - p.payload);
  let text = "";
  for (let i = 0; i < size; i++) text += String.fromCharCode(frame.u8(p.payload + i));
  return text;
}

function addressOf(w: Uint32Array, at: number, isIpv6: boolean): number[] {
  return Array.from({ length: isIpv6 ? 4 : 1 }, (_, i) => w[at + i]!);
}

function tupleOf(id: number, source: readonly number[], destination: readonly number[], port: number): Tuple {
  const tuple = newTuple();
  tuple.set(source, 0);
  tuple.set(destination, 4);
  tuple[PORTS] = port;
  tuple[TUPLE_ID] = id;
  return tuple;
}

const same = (a: readonly number[], b: readonly number[]): boolean => a.every((v, i) => v === b[i]);

function familyOf(
  w: Uint32Array,
  row: number,
): { readonly parent: Tuple; readonly mark: number; readonly label: number[] } {
  const parent = newTuple();
  parent.set(w.subarray(row + C.original, row + C.original + TUPLE_WORDS));
  parent[TUPLE_ID] = w[row + C.id]!;
  return { parent, mark: w[row + C.mark]!, label: [...w.subarray(row + C.label, row + C.label + 4)] };
}

/**
 * Looks for what an FTP control connection says about data connections to come. Where the one side is translated, the address that it names is, too: the
 * packet is rewritten, before its own headers are translated.
 */
export function helpFtp(
  frame: Frame,
  p: TrackedPacket,
  w: Uint32Array,
  row: number,
  id: number,
  direction: 0 | 1,
  books: HelperBooks,
): void {
  if (p.end === p.payload) return;
  const message = readFtp(payloadText(frame, p), direction === 0);
  const ident = w[row + C.id]!;
  const isIpv6 = (ident & 1) === 1;
  if (message === undefined) return;
  const client = addressOf(w, row + C.original, isIpv6);
  const clientSeen = addressOf(w, row + C.reply + 4, isIpv6);
  const server = addressOf(w, row + C.reply, isIpv6);
  const serverSeen = addressOf(w, row + C.original + 4, isIpv6);
  const named = message.address ?? server;
  // A message that names a third party is no business of ours (RFC 2577).
  if (!same(named, message.isActive ? client : server)) return;
  const shown = message.isActive ? clientSeen : serverSeen;
  const isRewritten = message.address !== undefined && !same(shown, named);
  // An active connection goes from the server to the client, a passive one the other way.
  const expected = message.isActive
    ? tupleOf(ident, server, clientSeen, message.port)
    : tupleOf(ident, client, serverSeen, message.port);
  const goal = message.isActive
    ? tupleOf(ident, serverSeen, client, message.port)
    : tupleOf(ident, clientSeen, server, message.port);
  const isTranslated = (w[row + C.flags]! & (F_SNAT | F_DNAT)) !== 0;
  books.expectations.add(expected, { ...familyOf(w, row), translated: isTranslated ? goal : undefined }, books.tick);
  if (!isRewritten) return;
  const text = writeFtp(message, shown, message.port);
  splicePayload(frame, p, message.from, message.to, text);
  books.shifts.note(id, direction, p.sequence, text.length - (message.to - message.from));
}

/** A TFTP request (RFC 1350) is answered from another port, which is not known yet. */
export function helpTftp(frame: Frame, p: TrackedPacket, w: Uint32Array, row: number, books: HelperBooks): void {
  if (p.end - p.payload < 2) return;
  const code = frame.u16(p.payload);
  if (code !== TFTP_READ && code !== TFTP_WRITE) return;
  const ident = w[row + C.id]!;
  const isIpv6 = (ident & 1) === 1;
  const server = addressOf(w, row + C.reply, isIpv6);
  const serverSeen = addressOf(w, row + C.original + 4, isIpv6);
  const client = addressOf(w, row + C.original, isIpv6);
  const clientSeen = addressOf(w, row + C.reply + 4, isIpv6);
  const clientPort = w[row + C.original + PORTS]! >>> 16;
  const clientPortSeen = w[row + C.reply + PORTS]! & 0xffff;
  const isTranslated = (w[row + C.flags]! & (F_SNAT | F_DNAT)) !== 0;
  const translated = isTranslated ? tupleOf(ident, serverSeen, client, clientPort) : undefined;
  books.expectations.add(
    tupleOf(ident, server, clientSeen, clientPortSeen),
    { ...familyOf(w, row), translated },
    books.tick,
  );
}

import fc from "fast-check";
import type { Action } from "#openflow/actions/action.js";
import { decodeActions, encodeActions } from "#openflow/actions/codec.js";
import { decodeInstructions, encodeInstructions } from "#openflow/actions/instructions.js";
import { formatActions } from "#openflow/actions/table.js";
import { decodeError } from "#openflow/error-message.js";
import { Framing } from "#openflow/framing.js";
import { decodeHello } from "#openflow/hello.js";
import { decodeMatch, encodeMatch } from "#openflow/match/match-codec.js";
import { decodeOxm, encodeOxm } from "#openflow/match/oxm.js";
import { formatTlvs } from "#openflow/match/tlv-text.js";
import { formatMatch } from "#openflow/match-text.js";
import { readProperties } from "#openflow/messages/property.js";
import { OfpError } from "#openflow/ofp-error.js";
import { formatPacket } from "#openflow/packet-text.js";
import { OF10, OF15, type Version, versions } from "#openflow/version.js";
import { WireReader } from "#openflow/wire-reader.js";
import { WireWriter } from "#openflow/wire-writer.js";
import { UserError, WireError } from "#util/errors.js";
import { allow } from "./allow.js";

/** Instructions in a version's bytes. */
export interface Recorded {
  readonly version: Version;
  readonly bytes: Uint8Array;
}

const changes = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 6 });

function damaged(bytes: Uint8Array, by: readonly (readonly [number, number])[]): Uint8Array {
  const copy = bytes.slice();
  for (const [at, value] of by) if (copy.length > 0) copy[at % copy.length] = value;
  return copy;
}

/** Instructions, written and read. */
function rewritten(actions: readonly Action[], version: Version): Action[] {
  const w = new WireWriter(new Uint8Array(99).fill(0xa5));
  encodeInstructions(actions, version, w);
  return decodeInstructions(new WireReader(w.done()), version);
}

/** What was read in an older form is written in the version's; once it was, it is written the same. */
const instructions = (recorded: readonly Recorded[]): fc.IProperty<unknown> =>
  fc.property(fc.constantFrom(...recorded), changes, ({ version, bytes }, by) => {
    // A version may read what it cannot say.
    allow([OfpError, UserError], () => {
      const once = rewritten(decodeInstructions(new WireReader(damaged(bytes, by)), version), version);
      const text = formatActions(once);
      const again = formatActions(rewritten(once, version));
      if (again !== text) throw new Error(`${text} came back as ${again}`);
    });
  });

const small = fc.oneof(fc.nat(8), fc.nat(255));
const anyBytes = fc.array(small, { maxLength: 120 }).map((list) => Uint8Array.from(list));

const anything = fc.property(anyBytes, fc.constantFrom(...versions), (bytes, version) => {
  allow([WireError], () => void decodeHello(bytes));
  allow([WireError], () => void decodeError(bytes));
  allow([WireError], () => {
    const match = decodeOxm(new WireReader(bytes), { strict: false });
    formatMatch(match);
    formatTlvs(bytes);
    encodeOxm(match, version, new WireWriter());
  });
  allow([WireError], () => {
    const match = decodeMatch(new WireReader(bytes), version);
    const text = formatMatch(match);
    const w = new WireWriter();
    encodeMatch(match, version, w);
    const again = formatMatch(decodeMatch(new WireReader(w.done()), version));
    if (again !== text) throw new Error(`${text} came back as ${again}`);
  });
  allow([WireError, UserError], () => {
    const actions = decodeActions(new WireReader(bytes), version);
    formatActions(actions);
    encodeActions(actions, version, new WireWriter());
  });
  allow([WireError], () => {
    for (const property of readProperties(new WireReader(bytes))) property.other();
  });
  formatPacket(bytes);
  formatPacket(bytes, 0x1_0800);
});

const chunked = fc.property(fc.array(anyBytes, { maxLength: 20 }), (chunks) => {
  allow([WireError], () => {
    const framing = new Framing();
    let taken = 0;
    for (const chunk of chunks) {
      framing.receive(chunk);
      for (let m = framing.next(); m !== undefined; m = framing.next()) taken += m.length;
    }
    if (taken > chunks.reduce((n, c) => n + c.length, 0)) throw new Error("more came out than went in");
  });
});

/** Matches, actions, instructions, properties, packets and the stream itself. */
export function partProperties(recorded: readonly Recorded[]): fc.IProperty<unknown>[] {
  const known = recorded.filter(({ version }) => version >= OF10 && version <= OF15);
  return [instructions(known), anything as fc.IProperty<unknown>, chunked as fc.IProperty<unknown>];
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "#util/errors.js";
import { OfpError } from "../ofp-error.js";
import { type Protocol, protocols } from "../protocol.js";
import { inRange, OF10, type Version, versions } from "../version.js";
import { WireWriter } from "../wire-writer.js";
import { decodeMessage, encodeMessages } from "./codec.js";
import type { MessageNumber } from "./message.js";
import { formatMessageBytes } from "./print.js";
import { messageRows } from "./table.js";

const OF10_MULTIPART = 16;
const MULTIPART = 18;
const EXPERIMENTER = 4;

/** The headers of a message, and this body. */
function message(number: MessageNumber, version: Version, body: readonly number[]): Uint8Array {
  const { at, vendor, type } = number;
  const w = new WireWriter();
  const multipart = (version === OF10 ? OF10_MULTIPART : MULTIPART) + (at === "reply" ? 1 : 0);
  w.u8(version)
    .u8(at !== "type" ? multipart : vendor === 0 ? type : EXPERIMENTER)
    .u16(0)
    .u32(7);
  if (at !== "type")
    w.u16(vendor === 0 ? type : 0xffff)
      .u16(0)
      .zeros(version === OF10 ? 0 : 4);
  if (vendor !== 0)
    w.u32(vendor)
      .u32(type)
      .zeros(at !== "type" && version === OF10 ? 4 : 0);
  w.raw(Uint8Array.from(body));
  w.patch16(2, w.length);
  return w.done();
}

/** Bodies of a length that the form takes, with small numbers more often than large ones. */
function bodies([min, unit]: readonly [number, number]): fc.Arbitrary<number[]> {
  const byte = fc.oneof(fc.constant(0), fc.nat(8), fc.nat(255));
  const extra =
    unit === 0 ? fc.constant(0) : fc.nat(unit === 1 ? 48 : Math.ceil(96 / unit)).map((n) => n * Math.max(1, unit));
  return extra.chain((more) => fc.array(byte, { minLength: min + more, maxLength: min + more }));
}

describe("a message of any bytes is read, and once read is written and read the same, or is refused", () => {
  for (const { kind, forms } of messageRows) {
    it(kind, () => {
      for (const [i, { name, numbers, length }] of forms.entries()) {
        for (const [j, number] of numbers.entries()) {
          for (const version of versions.filter((v) => inRange(number.range, v))) {
            fc.assert(
              fc.property(bodies(length), (body) => check(message(number, version, body), protocolOf(name, version))),
              { seed: 100 * i + 10 * j + version, numRuns: 40 },
            );
          }
        }
      }
    });
  }
});

/** The protocol that can say all that a form can. */
function protocolOf(name: string, version: Version): Protocol {
  return protocols.find(
    (p) => p.version === version && p.tableId && p.nxm === (version === OF10 && name.startsWith("NX")),
  )!;
}

/** Bodies that are read in versions that cannot say them, as upstream does: commands of groups that came with 1.5. */
const unsayable: ReadonlySet<string> = new Set(["group_mod", "request_forward"]);

function check(bytes: Uint8Array, protocol: Protocol): void {
  formatMessageBytes(bytes, { verbosity: 3 });
  let read: ReturnType<typeof decodeMessage>;
  try {
    read = decodeMessage(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(OfpError);
    return;
  }
  const { body, version, xid } = read;
  let again: Uint8Array;
  try {
    again = encodeMessages(body, version, xid, { protocol })[0]!;
  } catch (error) {
    if (!(error instanceof UserError && unsayable.has(body.kind))) throw error;
    return;
  }
  expect(decodeMessage(again).body).toEqual(body);
}

import { beforeAll, expect, it } from "vitest";
import { decodeMessage, encodeMessages } from "#openflow/messages/codec.js";
import type { Message } from "#openflow/messages/message.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import { OfpError } from "#openflow/ofp-error.js";
import { protocols } from "#openflow/protocol.js";
import { OF10 } from "#openflow/version.js";
import { hex } from "#util/hex.js";
import { families } from "../differential/openflow-messages/families.js";
import { messagesOf, seed } from "../differential/openflow-messages/harness.js";
import { describeWith } from "../support/needs.js";
import { type OsKenReading, osKen, osKenVersions, readByOsKen, writtenByOsKen } from "../support/os-ken.js";
import { osKenGaps, osKenReads } from "./openflow-os-ken-gaps.js";

/** Of each family. */
const MESSAGES = 500;

interface Trial {
  readonly bytes: Uint8Array;
  readonly message: Message;
  readonly reading: OsKenReading;
}

const plain = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner));

/** os-ken has readers for what a controller receives, and for little of what it sends. */
const noReader = /^'NoneType' object (is not callable|has no attribute '(parser|parser_stats|cls_body_single_struct)')/;

/** The flow that a message tells of, or the first of several. */
function flowOf({ body }: Message): { readonly match?: unknown; readonly actions?: unknown } {
  const { flows } = body as { flows?: readonly object[] };
  return flows?.[0] ?? body;
}

/** In what os-ken's reading differs from ours. */
function faults({ message, reading }: Trial): string[] {
  if (reading.failure !== undefined) return [reading.failure];
  const found: string[] = [];
  const again = (what: string, bytes: Uint8Array | undefined, check: (read: Message) => string | undefined): void => {
    if (bytes === undefined) return;
    try {
      const fault = check(decodeMessage(bytes));
      if (fault !== undefined) found.push(fault);
    } catch (e) {
      if (!(e instanceof OfpError)) throw e;
      found.push(`${what}: ${e.error} ${hex(bytes)}`);
    }
  };
  again("its bytes", reading.bytes, ({ body }) => (plain(body) === plain(message.body) ? undefined : "other body"));
  again("its flow", reading.flow, (mod) => {
    const [theirs, ours] = [flowOf(mod), flowOf(message)];
    if (ours.match !== undefined && plain(theirs.match) !== plain(ours.match)) return "other match";
    const isOther = ours.actions !== undefined && plain(theirs.actions) !== plain(ours.actions);
    return isOther ? "other actions" : undefined;
  });
  const list = Object.values(message.body).find((value) => Array.isArray(value)) as unknown[] | undefined;
  const counts = reading.elements !== undefined && list !== undefined && /reply$/.test(message.name);
  if (counts && list.length !== reading.elements) found.push(`${reading.elements} elements of ${list.length}`);
  return found;
}

describeWith([osKen], "what our encoders write, as os-ken reads it", () => {
  const trials: Trial[] = [];
  beforeAll(() => {
    for (const family of families) {
      const messages = messagesOf(family, MESSAGES).filter(([version]) => osKenVersions.some((v) => v === version));
      const readings = readByOsKen(messages);
      trials.push(...messages.map((bytes, i) => ({ bytes, message: decodeMessage(bytes), reading: readings[i]! })));
    }
  }, 120_000);

  const titleOf = ({ message }: Trial): string => `${message.name} ${message.version}`;

  it("is read without an exception, and written again says the same; gaps are those that are known", () => {
    const seen = new Set<unknown>();
    const wrong: string[] = [];
    for (const trial of trials) {
      for (const fault of faults(trial)) {
        if (noReader.test(fault)) continue;
        const gap = osKenGaps.find(
          ({ messages, says, when }) =>
            messages.test(titleOf(trial)) && says.test(fault) && when?.(trial.message) !== false,
        );
        if (gap === undefined) wrong.push(`${titleOf(trial)}: ${fault}\n  ${hex(trial.bytes)}`);
        else seen.add(gap);
      }
    }
    expect(wrong).toEqual([]);
    expect(osKenGaps.filter((gap) => gap.rare !== true && !seen.has(gap))).toEqual([]);
  });

  it("is read in every version that has the message", () => {
    const read = new Map<string, Set<number>>();
    for (const { message, reading } of trials) {
      if (reading.failure !== undefined || reading.className === "OFPExperimenter") continue;
      const versions = read.get(message.name) ?? new Set();
      read.set(message.name, versions.add(message.version));
    }
    const missing = osKenReads.flatMap(([versions, ...names]) =>
      names.flatMap((name) => {
        // Other seeds may not have drawn every message in every version.
        if (seed !== 1 && read.has(name)) return [];
        return [...versions].filter((v) => !read.get(name)?.has(Number(v))).map((v) => `${name} ${v}`);
      }),
    );
    expect(missing).toEqual([]);
  });
});

describeWith([osKen], "what os-ken writes", () => {
  it("is read, printed, and written again the same", () => {
    const written = writtenByOsKen();
    expect(written.length).toBeGreaterThan(180);
    for (const { name, bytes } of written) {
      expect(`${name} ${formatMessageBytes(bytes, { verbosity: 2 })}`).not.toContain("***");
      const message = decodeMessage(bytes);
      const isNicira = message.version === OF10 && message.name.startsWith("NX");
      const protocol = protocols.find((p) => p.version === message.version && p.tableId && p.nxm === isNicira)!;
      const again = encodeMessages(message.body, message.version, message.xid, { protocol, flags: message.flags });
      expect(again.map((b) => plain(decodeMessage(b).body))).toEqual([plain(message.body)]);
    }
  });
});

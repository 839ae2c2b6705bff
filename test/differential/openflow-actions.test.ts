import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkActions } from "#openflow/actions/check.js";
import { decodeInstructions, encodeInstructions } from "#openflow/actions/instructions.js";
import { parseActions } from "#openflow/actions/parse.js";
import { actionProtocols } from "#openflow/actions/protocols.js";
import { resolveActions } from "#openflow/actions/resolve.js";
import { formatActions } from "#openflow/actions/table.js";
import { parseKeyValues } from "#openflow/key-value.js";
import { MatchWords, parseFlowMatch } from "#openflow/match-parse.js";
import { formatProtocols } from "#openflow/protocol.js";
import type { Version } from "#openflow/version.js";
import { WireReader } from "#openflow/wire-reader.js";
import { WireWriter } from "#openflow/wire-writer.js";
import { otherwise } from "./openflow-actions-expected.js";

interface Form {
  readonly hex?: string;
  readonly printed?: string;
  readonly error?: string;
}

interface RecordedFlow {
  readonly match: string;
  readonly actions: string;
  readonly parsed?: string;
  readonly error?: string;
  /** The protocols that ovs-ofctl would use. */
  readonly usable?: string;
  readonly forms: Readonly<Record<string, Form>>;
}

interface Recorded {
  readonly release: string;
  readonly flows: readonly RecordedFlow[];
}

const read = (file: string): Recorded => JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8")) as Recorded;
const [forms, fields] = [read("openflow-actions.json"), read("openflow-field-actions.json")];
const recorded: Recorded = { release: forms.release, flows: [...forms.flows, ...fields.flows] };

function encode({ match, actions }: RecordedFlow, version: Version): string {
  const w = new WireWriter(new Uint8Array(64).fill(0xa5));
  encodeInstructions(resolveActions(parseActions(actions), parseFlowMatch(match)), version, w);
  return Buffer.from(w.done()).toString("hex");
}

function print(hex: string, version: Version): string {
  return formatActions(decodeInstructions(new WireReader(Uint8Array.from(Buffer.from(hex, "hex"))), version));
}

/** The last line, which says what was wrong with the text; undefined where only the flow as a whole was. */
function complaint({ error }: RecordedFlow): string | undefined {
  const line = /^ovs-ofctl: (.*)/m.exec(error ?? "")?.[1];
  return line === undefined || /^(actions are invalid|no usable)/.test(line) ? undefined : line;
}

/** The error of a flow whose actions do not fit its match. */
function inconsistency({ error }: RecordedFlow): string | undefined {
  return /^ovs-ofctl: actions are invalid with specified match \((\w+)\)/m.exec(error ?? "")?.[1];
}

/** The protocols of a flow, as "usable protocols" has them; throws `OfpError` where its actions do not fit its match. */
function usableProtocols({ match, actions }: RecordedFlow): string {
  const words = new MatchWords();
  for (const word of parseKeyValues(match)) words.add(word);
  const parsed = parseActions(actions);
  const protocols = words.protocols & actionProtocols(parsed);
  return formatProtocols(checkActions(parsed, words.done(), { protocols }));
}

const isOurs = ({ actions }: RecordedFlow): boolean => !otherwise.some((r) => r.test(actions));
const accepted = recorded.flows.filter((f) => isOurs(f) && f.parsed !== undefined);
/** What is wrong only with the flow as a whole. */
const misfits = recorded.flows.filter((f) => isOurs(f) && inconsistency(f) !== undefined);
const refused = recorded.flows.filter((f) => isOurs(f) && f.parsed === undefined && complaint(f) !== undefined);

describe(`actions, as ovs-ofctl ${recorded.release} has them`, () => {
  it.each(accepted)("$match $actions", (flow) => {
    for (const [number, { hex, printed }] of Object.entries(flow.forms)) {
      const version = Number(number) as Version;
      if (hex === undefined) continue;
      if (printed!.includes("OFPBAC_BAD_VENDOR_TYPE")) {
        // ovs-ofctl writes what it refuses to read; we do not write it.
        expect(() => encode(flow, version)).toThrow("has no action");
        continue;
      }
      expect(`${version} ${encode(flow, version)}`).toBe(`${version} ${hex}`);
      if (!printed!.includes("decode error")) expect(print(hex, version)).toBe(printed);
    }
  });

  it.each(accepted.filter((f) => f.usable !== undefined))("$match $actions is for $usable", (flow) => {
    expect(usableProtocols(flow)).toBe(flow.usable);
  });

  it.each(misfits)("$match may not have $actions", (flow) => {
    expect(() => usableProtocols(flow)).toThrow(inconsistency(flow));
  });

  it.each(refused)("refuses $actions", (flow) => {
    let message = "";
    try {
      parseActions(flow.actions);
    } catch (e) {
      message = (e as Error).message;
    }
    expect(message.trimEnd()).toBe(complaint(flow));
  });
});

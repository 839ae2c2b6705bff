import { describe, expect, it } from "vitest";
import { decodeMessage, encodeMessages } from "#openflow/messages/codec.js";
import { formatMessage } from "#openflow/messages/print.js";
import type { TableFeatures } from "#openflow/messages/table/features-model.js";
import { OF13, versionName } from "#openflow/version.js";
import { hex, unhex } from "#util/hex.js";
import { recorded, repliesOf, type SwitchRecord } from "./openflow-switch.js";

const print = (bytes: Uint8Array): string => `${formatMessage(decodeMessage(bytes), { verbosity: 1 })}\n`;

/** As ovs-ofctl prints a table features reply: all of its parts as one, without a title. */
function printFeatures(replies: readonly Uint8Array[]): string {
  const messages = replies.map((bytes) => decodeMessage(bytes));
  const tables = messages.flatMap(({ body }): readonly TableFeatures[] =>
    body.kind === "table_features_reply" ? body.tables : [],
  );
  const whole = { ...messages[0]!, flags: 0, body: { kind: "table_features_reply" as const, tables } };
  return `${formatMessage(whole, { verbosity: 1 }).replace(/^.*\n/, "")}\n\n`;
}

const again = (bytes: Uint8Array): string => {
  const { body, version, xid, flags } = decodeMessage(bytes);
  return encodeMessages(body, version, xid, { flags }).map(hex).join(" ");
};

const title = ({ version, command }: SwitchRecord): string => `${versionName(version)} ${command}`;

describe(`what a switch of Open vSwitch ${recorded.release} tells of ports, queues and tables`, () => {
  const printing = recorded.records.filter((record) => record.printed !== "");
  it.each(printing.map((record) => [title(record), record] as const))("%s is printed the same", (_title, record) => {
    const replies = repliesOf(record);
    const ours = record.command === "dump-table-features" ? printFeatures(replies) : replies.map(print).join("");
    expect(ours).toBe(record.printed);
  });

  it("is written again in the same bytes", () => {
    for (const record of recorded.records) {
      // Before 1.3 upstream says more of tables than it reads.
      if (record.version < OF13 && record.command === "dump-tables") continue;
      for (const bytes of repliesOf(record)) expect(again(bytes), title(record)).toBe(hex(bytes));
    }
  });

  it("is asked and changed in the same bytes", () => {
    const requests = recorded.records.flatMap((record) => record.requests);
    expect(requests.length).toBeGreaterThan(60);
    for (const text of requests) expect(again(unhex(text)!)).toBe(text);
  });

  it("has what it sends unasked", () => {
    for (const record of recorded.records.filter(({ command }) => command === "monitor")) {
      const kinds = repliesOf(record).map((bytes) => decodeMessage(bytes).body.kind);
      expect(kinds, title(record)).toContain("port_status");
    }
    for (const record of recorded.records.filter(({ command }) => command === "table events")) {
      const [full, empty] = repliesOf(record).map((bytes) => decodeMessage(bytes).body);
      const desc = { table: 7, eviction: false, evictionFlags: 7 };
      const limits = { down: 20, up: 80 };
      expect(full).toEqual({
        kind: "table_status",
        reason: "vacancy_down",
        desc: { ...desc, vacancy: { ...limits, now: 10 } },
      });
      expect(empty).toEqual({
        kind: "table_status",
        reason: "vacancy_up",
        desc: { ...desc, vacancy: { ...limits, now: 100 } },
      });
    }
  });
});

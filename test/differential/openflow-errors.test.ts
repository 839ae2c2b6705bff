import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeError, encodeErrorReply } from "#openflow/error-message.js";
import type { ErrorName } from "#openflow/errors/error-row.js";
import { errorRows } from "#openflow/errors/table.js";
import { versions } from "#openflow/version.js";

interface Recorded {
  readonly release: string;
  readonly errors: Readonly<Record<string, (readonly [hex: string, readBack: string])[]>>;
}

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "openflow-errors.json"), "utf8")) as Recorded;

describe(`errors, as ovs-ofctl ${recorded.release} encodes and reads them`, () => {
  it("are all recorded", () => {
    expect(Object.keys(recorded.errors).sort()).toEqual(errorRows.map((r) => r.name).sort());
  });

  it.each(Object.entries(recorded.errors))("%s", (name, forms) => {
    for (const [i, version] of versions.entries()) {
      const [hex, readBack] = forms[i]!;
      const request = Uint8Array.of(version, 14, 0, 8, 0, 0, 0, 1);
      const message = encodeErrorReply(name as ErrorName, version, request);
      expect(Buffer.from(message).toString("hex")).toBe(hex);
      expect(decodeError(message)).toEqual({ version, xid: 1, error: readBack, data: request });
    }
  });
});

import { describe, expect, it } from "vitest";
import { StatusWriter } from "./status-writer.js";

/** What the writer would write of a port number, which is confirmed at once. */
function written(writer: StatusWriter, uuid: string, ofport: number): number {
  writer.stage("Interface", uuid, { ofport });
  const { operations, confirm } = writer.take();
  confirm();
  return operations.length;
}

describe("a writer of status", () => {
  it("writes only what differs from what the database has taken", () => {
    const writer = new StatusWriter();
    expect([5, 5, 6].map((ofport) => written(writer, "a", ofport))).toEqual([1, 0, 1]);
    writer.stage("Interface", "a", { ofport: 7 });
    // Not confirmed.
    writer.take();
    expect(written(writer, "a", 7)).toBe(1);
    writer.overwritten("a", "ofport");
    expect(written(writer, "a", 7)).toBe(1);
  });

  it("forgets everything, or rows that are no more", () => {
    const writer = new StatusWriter();
    written(writer, "a", 1);
    written(writer, "b", 1);
    writer.forget((table, uuid) => table === "Interface" && uuid === "a");
    expect([written(writer, "a", 1), written(writer, "b", 1)]).toEqual([0, 1]);
    writer.forget();
    expect([written(writer, "a", 1), written(writer, "b", 1)]).toEqual([1, 1]);
  });
});

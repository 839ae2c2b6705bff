import { describe, expect, it } from "vitest";
import { FakeFiles } from "#host/fake/files.js";
import { filesContract } from "./files.js";

function make(): FakeFiles {
  const files = new FakeFiles();
  files.makeDirectory("/d");
  return files;
}

describe("fake files", () => {
  filesContract(() => ({ files: make(), directory: "/d", close() {} }));

  it("run full like a disk: what fits is written", () => {
    const files = make();
    files.space = 3;
    const file = files.openAppend("/d/f", { create: true, exclusive: true });
    expect(() => file.append(new Uint8Array(5))).toThrow("/d/f: write: No space left on device");
    expect(file.size()).toBe(3);
    file.truncate(0);
    files.space = 10;
    file.append(new Uint8Array(5));
    expect(file.size()).toBe(5);
  });

  it("lose in a crash what was not synced", async () => {
    const files = make();
    const file = files.openAppend("/d/f", { create: true, exclusive: true });
    file.append(new Uint8Array(5));
    const sync = file.sync();
    file.append(new Uint8Array(2));
    await sync;
    files.crash();
    expect(files.read("/d/f")).toHaveLength(5);
  });

  it("fail as told", async () => {
    const files = make();
    files.fail("fdatasync", "/d/f", "EIO");
    const file = files.openAppend("/d/f", { create: true, exclusive: true });
    await expect(file.sync()).rejects.toThrow("/d/f: fdatasync: Input/output error");
    files.fail("fdatasync", "/d/f", undefined);
    await file.sync();
  });
});

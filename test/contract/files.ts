import { afterEach, beforeEach, expect, it } from "vitest";
import type { Files } from "#host/files.js";

/** A place to try files in: `directory` exists and is empty. */
export interface FilesBed {
  readonly files: Files;
  readonly directory: string;
  close(): void;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What every implementation of `Files` holds to. */
export function filesContract(make: () => FilesBed): void {
  let bed: FilesBed;
  let files: Files;
  let at: (name: string) => string;
  beforeEach(() => {
    bed = make();
    files = bed.files;
    at = (name) => `${bed.directory}/${name}`;
  });
  afterEach(() => bed.close());

  it("writes and reads whole files", () => {
    files.write(at("a"), "text");
    files.write(at("b"), bytes("bytes"));
    files.write(at("a"), "tex");
    expect(files.readText(at("a"))).toBe("tex");
    expect(Buffer.from(files.read(at("b"))).toString()).toBe("bytes");
    expect(files.exists(at("a"))).toBe(true);
    expect(files.list(bed.directory)).toEqual(["a", "b"]);
    files.remove(at("a"));
    expect(files.exists(at("a"))).toBe(false);
    expect(files.readTextIfExists(at("a"))).toBeUndefined();
  });

  it("makes directories with their parents", () => {
    files.makeDirectory(at("x/y"));
    files.makeDirectory(at("x/y"));
    files.write(at("x/y/z"), "");
    expect(files.list(at("x"))).toEqual(["y"]);
    files.syncDirectory(at("x"));
  });

  it("renames over what is there, and an open file goes along", () => {
    files.write(at("new"), "new");
    files.write(at("old"), "old");
    const open = files.openAppend(at("new"), { create: false, exclusive: false });
    files.rename(at("new"), at("old"));
    open.append(bytes("er"));
    open.close();
    expect(files.readText(at("old"))).toBe("newer");
    expect(files.list(bed.directory)).toEqual(["old"]);
  });

  it("appends, truncates and tells sizes", async () => {
    const log = files.openAppend(at("log"), { create: true, exclusive: true });
    log.append(bytes("one"));
    log.append(bytes("two"));
    await log.sync();
    log.truncate(4);
    log.append(bytes("!"));
    log.syncNow();
    expect(log.size()).toBe(5);
    log.close();
    expect(files.readText(at("log"))).toBe("onet!");
  });

  it("reads piece by piece, and nothing beyond the end", () => {
    files.write(at("f"), "0123456789");
    const file = files.openRead(at("f"));
    expect(file.size()).toBe(10);
    expect(Buffer.from(file.read(2, 3)).toString()).toBe("234");
    expect(Buffer.from(file.read(8, 5)).toString()).toBe("89");
    expect(file.read(10, 5)).toHaveLength(0);
    file.close();
  });

  it("fails with errno and strerror's text", () => {
    const none = at("none");
    const fault = (code: string, tried: string) => expect.objectContaining({ name: "HostError", code, tried });
    expect(() => files.read(none)).toThrow(fault("ENOENT", `${none}: open`));
    expect(() => files.openRead(none)).toThrow(`${none}: open: No such file or directory`);
    expect(() => files.write(at("no/dir"), "")).toThrow(fault("ENOENT", `${at("no/dir")}: open`));
    expect(() => files.remove(none)).toThrow(fault("ENOENT", `${none}: unlink`));
    expect(() => files.rename(none, at("x"))).toThrow(fault("ENOENT", `rename ${none} to ${at("x")}`));
    expect(() => files.list(none)).toThrow(fault("ENOENT", `${none}: opendir`));
    expect(files.followLinks(none)).toBe(none);
    expect(() => files.openAppend(none, { create: false, exclusive: false })).toThrow(fault("ENOENT", `${none}: open`));
    files.write(at("there"), "");
    expect(() => files.openAppend(at("there"), { create: true, exclusive: true })).toThrow(
      fault("EEXIST", `${at("there")}: open`),
    );
    expect(() => files.read(bed.directory)).toThrow(expect.objectContaining({ code: "EISDIR" }));
  });

  it("locks a file once, over a rename too", () => {
    const lock = files.lock(at("l"));
    files.rename(at("l"), at("m"));
    expect(() => files.lock(at("m"))).toThrow(expect.objectContaining({ name: "LockedError", code: "EDEADLK" }));
    expect(files.lockHolder(at("m"))).toBeUndefined();
    lock.release();
    files.lock(at("m")).release();
  });
}

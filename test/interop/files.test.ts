import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lockRecord } from "#host/linux/record-lock.js";
import { NodeFiles } from "#host/node/files.js";
import { filesContract } from "../contract/files.js";
import { describeWith, program } from "../support/needs.js";

const files = new NodeFiles(lockRecord);
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "weft-files-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("files over Node", () => {
  filesContract(() => {
    const own = mkdtempSync(join(directory, "contract-"));
    return { files, directory: own, close: () => rmSync(own, { recursive: true }) };
  });

  it("follows links, also to what is not there yet, and round in a circle", () => {
    const at = (name: string): string => join(directory, name);
    symlinkSync("second", at("first"));
    symlinkSync(at("third"), at("second"));
    expect(files.followLinks(at("first"))).toBe(at("third"));
    files.write(at("third"), "");
    expect(files.followLinks(at("first"))).toBe(at("third"));
    symlinkSync("round", at("round"));
    expect(files.followLinks(at("round"))).toBe(at("round"));
  });
});

describeWith([program("/usr/bin/python3", "python3")], "record locks beside another program", () => {
  /** Takes the lock in another process, says so, and holds it until its input ends. */
  const holder = `
import fcntl, sys
f = open(sys.argv[1], "a+")
try:
    fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("locked", flush=True)
    sys.stdin.read()
except OSError as e:
    print("refused", flush=True)
`;
  async function other(path: string): Promise<{ said: string; pid: number; stop(): Promise<void> }> {
    const child = spawn("/usr/bin/python3", ["-c", holder, path], { stdio: ["pipe", "pipe", "inherit"] });
    const said = await new Promise<string>((resolve) => child.stdout.once("data", (d) => resolve(String(d).trim())));
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    return {
      said,
      pid: child.pid!,
      async stop() {
        child.stdin.end();
        await exited;
      },
    };
  }

  it("sees who holds a lock, also through the kernel's table", async () => {
    const path = join(directory, "theirs");
    const they = await other(path);
    expect(they.said).toBe("locked");
    expect(() => files.lock(path)).toThrow(expect.objectContaining({ code: "EAGAIN", holder: they.pid }));
    expect(files.lockHolder(path)).toBe(they.pid);
    await they.stop();
    expect(files.lockHolder(path)).toBeUndefined();
    files.lock(path).release();
  });

  it("keeps others off, over a rename too", async () => {
    const path = join(directory, "ours");
    const lock = files.lock(path);
    const moved = join(directory, "moved");
    files.rename(path, moved);
    const they = await other(moved);
    expect(they.said).toBe("refused");
    await they.stop();
    lock.release();
    const again = await other(moved);
    expect(again.said).toBe("locked");
    await again.stop();
  });
});

describeWith([program("/usr/bin/python3", "python3")], "syslog over a unix datagram socket", () => {
  const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
print(s.recv(1000).decode(), flush=True)
`;
  it("delivers", async () => {
    const { openSyslog } = await import("#host/node/syslog.js");
    const path = join(directory, "slog");
    expect(openSyslog(`unix:${path}`)).toBeUndefined();
    const child = spawn("/usr/bin/python3", ["-c", receiver, path], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    const heard = new Promise<void>((resolve) => {
      child.stdout.on("data", (d) => {
        text += d;
        if (text === "bound\n") openSyslog(`unix:${path}`)!.send("<29>hello");
        if (text.includes("hello")) resolve();
      });
    });
    await heard;
    expect(text).toBe("bound\n<29>hello\n");
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as sys from "../syscalls.js";
import { GuestBell } from "./guest-bell.js";

const FULL = 0xffff_ffff_ffff_fffen;

function counter(fd: number): bigint {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  return BigInt(`0x${/eventfd-count:\s*([0-9a-f]+)/.exec(text)?.[1]}`);
}

describe("GuestBell", () => {
  it("adds 1 to eventfds, more often than it has room for at once", () => {
    const bell = new GuestBell();
    const fds = [sys.eventfd(0, 0), sys.eventfd(5, 0)];
    for (let i = 0; i < 3000; i++) bell.ring(fds[i % 2]!);
    expect(fds.map(counter)).toEqual([1500n, 1505n]);
    for (const fd of fds) sys.close(fd);
    bell.close();
  });

  // It would never end.
  it("does not wait for one that is full, though its descriptor blocks", () => {
    const bell = new GuestBell();
    const fd = sys.eventfd(0, 0);
    sys.write(fd, new Uint8Array(BigUint64Array.of(FULL).buffer), 8);
    for (let i = 0; i < 3; i++) bell.ring(fd);
    expect(counter(fd)).toBeGreaterThanOrEqual(FULL);
    sys.close(fd);
    bell.close();
  });

  it("does nothing to a descriptor that is closed", () => {
    const bell = new GuestBell();
    const fd = sys.eventfd(0, 0);
    sys.close(fd);
    expect(() => bell.ring(fd)).not.toThrow();
    bell.close();
  });
});

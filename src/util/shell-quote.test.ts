import { describe, expect, it } from "vitest";
import { shellQuote } from "./shell-quote.js";

describe("shellQuote", () => {
  it.each([
    ["br0", "br0"],
    ["unix:/run/x-1.sock", "unix:/run/x-1.sock"],
    ["", "''"],
    ["a b", "'a b'"],
    ["{class=1}->tun_metadata0", "'{class=1}->tun_metadata0'"],
    ["it's", "'it'\\''s'"],
    ["$HOME;`x`", "'$HOME;`x`'"],
  ])("gives a shell %j as %s", (word, quoted) => {
    expect(shellQuote(word)).toBe(quoted);
  });
});

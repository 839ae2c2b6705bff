import { describe, expect, it } from "vitest";
import { FakeClock } from "#host/fake/clock.js";
import { Bundles } from "./bundles.js";

const request = Uint8Array.of(1, 2, 3);

function bed(): { bundles: Bundles<string>; clock: FakeClock; expired: Uint8Array[] } {
  const clock = new FakeClock();
  const expired: Uint8Array[] = [];
  const bundles = new Bundles<string>(clock, { idle: () => 10_000, expired: (bytes) => expired.push(bytes) });
  return { bundles, clock, expired };
}

describe("bundles of a connection", () => {
  it("gives its messages in their order, whether it was closed or not", () => {
    const { bundles } = bed();
    bundles.open(1, 3, request);
    bundles.add(1, 3, "a", request);
    bundles.add(1, 3, "b", request);
    bundles.close(1, 3);
    expect(bundles.take(1, 3)).toEqual(["a", "b"]);
    bundles.add(2, 0, "c", request);
    expect(bundles.take(2, 0)).toEqual(["c"]);
    expect(() => bundles.take(2, 0)).toThrow("OFPBFC_BAD_ID");
  });

  it.each<[string, string, (b: Bundles<string>) => void]>([
    ["is opened again", "OFPBFC_BAD_ID", (b) => b.open(1, 3, request)],
    ["is closed with other flags", "OFPBFC_BAD_FLAGS", (b) => b.close(1, 1)],
    ["gets a message with other flags", "OFPBFC_BAD_FLAGS", (b) => b.add(1, 1, "x", request)],
    ["is committed with other flags", "OFPBFC_BAD_FLAGS", (b) => b.take(1, 1)],
  ])("is over where it %s", (_, error, act) => {
    const { bundles } = bed();
    bundles.open(1, 3, request);
    expect(() => act(bundles)).toThrow(error);
    expect(() => bundles.discard(1)).toThrow("OFPBFC_BAD_ID");
  });

  it.each<[string, (b: Bundles<string>) => void]>([
    ["is closed again", (b) => b.close(1, 3)],
    ["gets a message", (b) => b.add(1, 3, "x", request)],
  ])("is over where it was closed and %s", (_, act) => {
    const { bundles } = bed();
    bundles.open(1, 3, request);
    bundles.close(1, 3);
    expect(() => act(bundles)).toThrow("OFPBFC_BUNDLE_CLOSED");
    expect(() => bundles.take(1, 3)).toThrow("OFPBFC_BAD_ID");
  });

  it("is over when nothing was heard of it for ten seconds", () => {
    const { bundles, clock, expired } = bed();
    bundles.open(1, 3, request);
    clock.advance(9_000);
    bundles.add(1, 3, "a", request);
    clock.advance(9_999);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual([request]);
    expect(() => bundles.take(1, 3)).toThrow("OFPBFC_BAD_ID");
  });

  it("tells of no timeout where it has been taken or the connection has ended", () => {
    const { bundles, clock, expired } = bed();
    bundles.open(1, 3, request);
    bundles.open(2, 3, request);
    bundles.take(1, 3);
    bundles.clear();
    clock.advance(60_000);
    expect(expired).toEqual([]);
  });
});

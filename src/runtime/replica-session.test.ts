import { describe, expect, it } from "vitest";
import { createFakeHost } from "#host/fake/host.js";
import { serverDeclaration } from "#ovsdb/schemas/server.js";
import { recordingLog } from "./recording-log.js";
import { ReplicaSession } from "./replica-session.js";
import { shuffled } from "./replica-session-shuffle.js";

const follow = { Database: ["name", "leader"] } as const;

describe("ReplicaSession", () => {
  it("tries its remotes one after the other, in the order given if told so", async () => {
    const host = createFakeHost();
    const log = recordingLog();
    const remotes = ["unix:/a", "unix:/b", "unix:/c"];
    const replica = ReplicaSession.open(host, log, remotes, serverDeclaration, follow, { inOrder: true });
    for (let i = 0; i < 4; i++) await host.clock.advanceAsync(0);
    const tried = log.lines.filter((line) => line.endsWith("connecting...")).map((line) => line.split("|")[2]);
    expect(tried).toEqual(remotes.map((remote) => `${remote}: connecting...`));
    expect([replica.state, replica.isCurrent, replica.table("Database").size]).toEqual(["offline", false, 0]);
    replica.close();
    expect(host.clock.pending).toBe(0);
  });

  it("says of a transaction without a connection that it is to be tried again, and gives up waiting when closed", async () => {
    const replica = ReplicaSession.open(createFakeHost(), recordingLog(), ["unix:/a"], serverDeclaration, follow);
    const transaction = replica.transaction();
    transaction.insert("Database", { name: "x" });
    expect(await replica.commit(transaction)).toEqual({ status: "tryAgain", uncertain: false });
    const waiting = replica.whenCurrent();
    replica.close();
    await expect(waiting).rejects.toThrow("the replica was closed");
    await expect(replica.whenCurrent()).rejects.toThrow("the replica was closed");
  });
});

describe("shuffled", () => {
  it("gives every order, and each element once", () => {
    const { random } = createFakeHost();
    const orders = new Set(Array.from({ length: 200 }, () => shuffled(["a", "b", "c"], random).join("")));
    expect([...orders].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
  });
});

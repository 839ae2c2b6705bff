import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNodeHost } from "#host/node/host.js";
import { declaredSchema } from "#ovsdb/declaration.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import { recordingLog } from "#runtime/recording-log.js";
import { ReplicaSession } from "#runtime/replica-session.js";
import type { Json } from "#util/json.js";
import { describeWith, openVswitch } from "../support/needs.js";
import { type RealCluster, startCluster, startRealCluster } from "../support/ovsdb-cluster.js";
import { startOurs, startReal, type TestServer } from "../support/ovsdb-servers.js";
import { shopDeclaration } from "../support/shop-declaration.js";

const schema = schemaToJson(declaredSchema(shopDeclaration));
const follow = { Shop: "all", Shelf: "all", Visitor: ["name", "seen"] } as const;

type ShopServer = Pick<TestServer, "socket" | "stop">;

function openShop(server: ShopServer, settings: { readonly lock?: string } = {}) {
  const log = recordingLog();
  const remote = `unix:${server.socket}`;
  return ReplicaSession.open(createNodeHost(), log, [remote], shopDeclaration, follow, settings);
}
type ShopReplica = ReturnType<typeof openShop>;

function shopOf(replica: ShopReplica) {
  const [shop] = replica.table("Shop");
  return shop!;
}

async function withShop(replica: ShopReplica): Promise<void> {
  await replica.write((t) => {
    if (replica.table("Shop").size === 0) t.insert("Shop", { options: { a: "1" } });
  });
}

function suite(start: (schema: Json) => Promise<ShopServer>, keepsHistory: boolean): void {
  let server: ShopServer;
  const open: ShopReplica[] = [];
  const replicaOf = (settings: { readonly lock?: string } = {}): ShopReplica => {
    const replica = openShop(server, settings);
    open.push(replica);
    return replica;
  };
  beforeAll(async () => {
    server = await start(schema);
    const first = replicaOf();
    await first.whenCurrent();
    await withShop(first);
  });
  afterAll(async () => {
    for (const replica of open) replica.close();
    await server.stop();
  });

  it("writes rows that refer to each other, and reads them back along the references", async () => {
    const replica = replicaOf();
    await replica.whenCurrent();
    const transaction = replica.transaction();
    const left = transaction.insert("Shelf", { name: "left", floor: 2, kind: "dry", tags: ["b", "a"], weight: 1.5 });
    const right = transaction.insert("Shelf", { name: "right", neighbour: left });
    transaction.set("Shelf", left, { neighbour: right, locked: true });
    const shop = shopOf(replica);
    transaction.add("Shop", shop.uuid, "shelves", [left, right]);
    transaction.add("Shop", shop.uuid, "by_name", { left, right });
    const outcome = await replica.commit(transaction);
    expect(outcome).toMatchObject({ status: "success", omitted: [] });
    if (outcome.status !== "success") return;
    const shelves = replica.table("Shelf");
    const row = shelves.get(outcome.uuidOf(left))!;
    expect(row).toMatchObject({ name: "left", floor: 2, kind: "dry", tags: ["a", "b"], weight: 1.5, locked: true });
    expect(shelves.referred(row, "neighbour")?.name).toBe("right");
    expect(replica.table("Shop").referring("shelves", row.uuid)).toEqual([shopOf(replica)]);
    expect(replica.table("Shop").referred(shopOf(replica), "by_name").get("right")?.name).toBe("right");
  });

  it("changes parts of sets and maps beside another writer, and tells what changed", async () => {
    const [one, two] = [replicaOf(), replicaOf()];
    await Promise.all([one.whenCurrent(), two.whenCurrent()]);
    const { uuid } = shopOf(one);
    const tracker = two.track(["Shop"], true);
    const a = one.transaction();
    a.add("Shop", uuid, "options", { a: "2", b: "3" });
    const b = two.transaction();
    b.add("Shop", uuid, "options", { c: "4" });
    b.remove("Shop", uuid, "options", ["none"]);
    const outcomes = await Promise.all([one.commit(a), two.commit(b)]);
    expect(outcomes.map((o) => o.status)).toEqual(["success", "success"]);
    await two.when(() => shopOf(two).options.size === 3);
    expect([...shopOf(two).options]).toEqual([
      ["a", "2"],
      ["b", "3"],
      ["c", "4"],
    ]);
    expect(tracker.take().of("Shop").modified).toMatchObject([{ columns: ["options"] }]);
    expect(tracker.take().isEmpty).toBe(true);
  });

  it("loses no increment when two race, and each has a value of its own", async () => {
    const replicas = [replicaOf(), replicaOf()];
    await Promise.all(replicas.map((replica) => replica.whenCurrent()));
    const before = Number(shopOf(replicas[0]!).next_cfg);
    const values: number[] = [];
    await Promise.all(
      replicas.map(async (replica) => {
        for (let i = 0; i < 100; i++) {
          const outcome = await replica.write((t) => t.increment("Shop", shopOf(replica).uuid, "next_cfg"));
          if (outcome.status !== "success") throw new Error(outcome.status);
          values.push(Number(outcome.incremented));
        }
      }),
    );
    expect(values.sort((x, y) => x - y)).toEqual(Array.from({ length: 200 }, (_, i) => before + i + 1));
    for (const replica of replicas) await replica.when(() => Number(shopOf(replica).next_cfg) === before + 200);
  });

  it("loses no read-modify-write of verified columns when two race", async () => {
    const replicas = [replicaOf(), replicaOf()];
    await Promise.all(replicas.map((replica) => replica.whenCurrent()));
    const before = Number(shopOf(replicas[0]!).next_cfg);
    let tries = 0;
    await Promise.all(
      replicas.map(async (replica) => {
        for (let i = 0; i < 40; i++) {
          await replica.write((t) => {
            tries++;
            const { uuid } = shopOf(replica);
            t.set("Shop", uuid, { next_cfg: Number(t.read("Shop", uuid, "next_cfg")) + 1 });
          });
        }
      }),
    );
    for (const replica of replicas) await replica.when(() => Number(shopOf(replica).next_cfg) === before + 80);
    expect(tries).toBeGreaterThan(80);
  });

  it("says how a transaction ended", async () => {
    const replica = replicaOf();
    await replica.whenCurrent();
    const { uuid, options } = shopOf(replica);
    const same = replica.transaction();
    same.set("Shop", uuid, { options });
    expect(await replica.commit(same)).toEqual({ status: "unchanged" });
    const dry = replica.transaction();
    dry.insert("Visitor", { name: "nobody" });
    expect(await replica.commit(dry, { dryRun: true })).toEqual({ status: "aborted" });
    const wrong = replica.transaction();
    wrong.insert("Visitor", { name: "x", label: "too long" });
    expect(await replica.commit(wrong)).toMatchObject({ status: "error", error: "constraint violation" });
    const given = replica.transaction();
    given.insert("Visitor", { name: "x" });
    given.abort();
    expect(await replica.commit(given)).toEqual({ status: "aborted" });
    const gone = replica.transaction();
    const visitor = gone.insert("Visitor", { name: "guest" });
    gone.comment("a guest");
    const outcome = await replica.commit(gone);
    if (outcome.status !== "success") throw new Error(outcome.status);
    const guest = outcome.uuidOf(visitor);
    const first = replica.transaction();
    first.delete("Visitor", guest);
    const second = replica.transaction();
    second.set("Visitor", guest, { name: "late" });
    const both = await Promise.all([replica.commit(first), replica.commit(second)]);
    expect(both.map((o) => o.status)).toEqual(["success", "tryAgain"]);
    expect([...replica.table("Visitor")]).toEqual([]);
  });

  it("lets only the holder of the lock write, and can steal it", async () => {
    const one = replicaOf({ lock: "shop" });
    await one.when(() => one.isCurrent && one.lockState === "held");
    const two = replicaOf({ lock: "shop" });
    await two.when(() => two.isCurrent && two.lockState === "contended");
    const visit = (replica: ShopReplica) => {
      const transaction = replica.transaction();
      transaction.insert("Visitor", { name: "v" });
      return replica.commit(transaction);
    };
    expect((await visit(two)).status).toBe("notLocked");
    expect((await visit(one)).status).toBe("success");
    two.setLock("shop", true);
    await Promise.all([two.when(() => two.lockState === "held"), one.when(() => one.lockState === "contended")]);
    expect([(await visit(one)).status, (await visit(two)).status]).toEqual(["notLocked", "success"]);
    one.setLock(undefined);
    one.setLock("shop");
    two.close();
    await one.when(() => one.lockState === "held");
  });

  it("follows other rows when the conditions change", async () => {
    const replica = replicaOf();
    await replica.whenCurrent();
    const transaction = replica.transaction();
    for (const name of ["ann", "bob", "cid"]) transaction.insert("Visitor", { name });
    await replica.commit(transaction);
    await replica.setConditions({ Visitor: [["name", "==", "bob"]] });
    expect([...replica.table("Visitor")].map((row) => row.name)).toEqual(["bob"]);
    await replica.setConditions({ Visitor: "none" });
    expect(replica.table("Visitor").size).toBe(0);
    await replica.setConditions({
      Visitor: [
        ["name", "==", "ann"],
        ["name", "==", "cid"],
      ],
    });
    expect(
      replica
        .table("Visitor")
        .index("name")
        .all()
        .map((row) => row.name),
    ).toEqual(["ann", "cid"]);
  });

  it(`is right again after a lost connection, ${keepsHistory ? "without a full download" : "by a full download"}`, async () => {
    const [replica, other] = [replicaOf(), replicaOf()];
    await Promise.all([replica.whenCurrent(), other.whenCurrent()]);
    const downloads = replica.figures.downloads;
    await other.write((t) => t.insert("Visitor", { name: "before" }));
    await replica.when(() => replica.table("Visitor").find({ name: "before" }).length > 0);
    replica.reconnect();
    await replica.when(() => !replica.isCurrent);
    expect(replica.table("Visitor").find({ name: "before" })).toHaveLength(1);
    await other.write((t) => {
      t.insert("Visitor", { name: "after" });
      for (const row of other.table("Visitor").find({ name: "before" })) t.delete("Visitor", row.uuid);
    });
    await replica.whenCurrent();
    expect(replica.table("Visitor").find({ name: "before" })).toHaveLength(0);
    expect(replica.table("Visitor").find({ name: "after" })).toHaveLength(1);
    const { figures } = replica;
    expect([figures.downloads - downloads, figures.resumptions]).toEqual(keepsHistory ? [0, 1] : [1, 0]);
  });
}

describe("a replica of our ovsdb-server", () => suite(startOurs, true));
describeWith([openVswitch], "a replica of the real ovsdb-server", () => suite(startReal, false));
describeWith([openVswitch], "a replica of a real cluster", () => suite(startRealCluster, true));

describeWith([openVswitch], "a replica of a cluster of three", () => {
  let cluster: RealCluster;
  const open: ShopReplica[] = [];
  const openAll = (leaderOnly: boolean): ShopReplica => {
    const remotes = cluster.sockets.map((socket) => `unix:${socket}`);
    const settings = { leaderOnly, maxBackoff: 1000 };
    const replica = ReplicaSession.open(createNodeHost(), recordingLog(), remotes, shopDeclaration, follow, settings);
    open.push(replica);
    return replica;
  };
  beforeAll(async () => {
    cluster = await startCluster(schema, 3);
  });
  afterAll(async () => {
    for (const replica of open) replica.close();
    await cluster.stop();
  });

  it("finds the leader, and the next one when that dies, without a full download; no write is lost", async () => {
    const leader = openAll(true);
    const any = openAll(false);
    await Promise.all([leader.whenCurrent(), any.whenCurrent()]);
    const first = cluster.leader();
    expect(leader.name).toBe(`unix:${cluster.sockets[first]}`);
    await withShop(leader);
    for (let i = 0; i < 20; i++) await leader.write((t) => t.increment("Shop", shopOf(leader).uuid, "next_cfg"));
    await any.when(() => any.table("Shop").size === 1 && shopOf(any).next_cfg === 20);
    await cluster.kill(first);
    await leader.when(() => !leader.isCurrent);
    expect(shopOf(leader).next_cfg).toBe(20);
    await Promise.all([leader.whenCurrent(), any.whenCurrent()]);
    expect(leader.name).toBe(`unix:${cluster.sockets[cluster.leader()]}`);
    expect(leader.figures).toMatchObject({ downloads: 1, resumptions: 1 });
    await any.write((t) => t.increment("Shop", shopOf(any).uuid, "next_cfg"));
    await leader.when(() => shopOf(leader).next_cfg === 21);
  });
});

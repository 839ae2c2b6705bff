import { describe, expect, it } from "vitest";
import { versionBitmap } from "#openflow/hello.js";
import { OF13, OF14, versions } from "#openflow/version.js";
import type { Uuid } from "#ovsdb/atom.js";
import { isPrimaryController, readControllers } from "./controllers.js";
import type { BridgeRow, ConfigRows, ControllerRow, OpenVSwitchRow } from "./rows.js";

const plain: Omit<ControllerRow, "uuid" | "target"> = {
  type: undefined,
  max_backoff: undefined,
  inactivity_probe: undefined,
  connection_mode: undefined,
  enable_async_messages: undefined,
  controller_queue_size: undefined,
  controller_rate_limit: undefined,
  controller_burst_limit: undefined,
};

function read(
  controllers: readonly Partial<ControllerRow>[],
  bridge: Partial<BridgeRow> = {},
  managers: string[] = [],
) {
  const rows = controllers.map(
    (row, i): ControllerRow => ({ ...plain, uuid: `c${i}` as Uuid, target: "tcp:1.2.3.4", ...row }),
  );
  const row = { name: "br0", controller: rows.map((r) => r.uuid), protocols: [], other_config: new Map(), ...bridge };
  const config = {
    controller: (uuid: string) => rows.find((r) => r.uuid === uuid),
    manager: (uuid: string) => ({ uuid: uuid as Uuid, target: uuid, connection_mode: undefined }),
  };
  const root = { manager_options: managers as Uuid[] };
  return readControllers(row as unknown as BridgeRow, root as unknown as OpenVSwitchRow, config as ConfigRows, "/run");
}

describe("readControllers", () => {
  it("gives what is not said upstream's defaults", () => {
    const { connections, controllerRows, faults } = read([{}]);
    expect(connections).toEqual({
      controllers: [
        {
          target: "tcp:1.2.3.4",
          type: "primary",
          isInBand: true,
          maxBackoff: 8000,
          probeInterval: 5000,
          asyncMessages: true,
          rateLimit: 0,
          burstLimit: 0,
          queueSize: 100,
        },
      ],
      versions: versionBitmap(versions),
      inBandTargets: [],
      disableInBand: false,
      inBandQueue: undefined,
      queueSize: 100,
    });
    expect(controllerRows).toEqual([{ uuid: "c0", target: "tcp:1.2.3.4" }]);
    expect(faults).toEqual([]);
  });

  it("reads what is said", () => {
    const other_config = new Map([
      ["controller-queue-size", "7"],
      ["disable-in-band", "true"],
      ["in-band-queue", "3"],
    ]);
    const limits = {
      controller_rate_limit: 200,
      connection_mode: "out-of-band",
      enable_async_messages: false,
    } as const;
    const { connections } = read([limits], { other_config, protocols: ["OpenFlow13", "OpenFlow14"] }, ["ssl:5.6.7.8"]);
    expect(connections).toMatchObject({
      controllers: [{ rateLimit: 200, burstLimit: 50, queueSize: 7, isInBand: false, asyncMessages: false }],
      versions: versionBitmap([OF13, OF14]),
      inBandTargets: ["ssl:5.6.7.8"],
      disableInBand: true,
      inBandQueue: 3,
    });
  });

  it("knows who is in charge", () => {
    const rows = [
      {},
      { target: "ptcp:" },
      { target: "ptcp:", type: "primary" },
      { type: "service" },
      { target: "x:y" },
    ];
    const { connections } = read(rows as Partial<ControllerRow>[]);
    expect(connections.controllers.map(isPrimaryController)).toEqual([true, false, true, false, false]);
  });

  it("leaves out sockets that the database must not choose", () => {
    const good = ["unix:/run/a", "unix:a", "punix:/run/br0.x", "punix:br0.x"];
    const bad = ["unix:/tmp/a", "unix:/run/../tmp/a", "punix:/run/br1.x", "punix:br0.d/../../tmp/x"];
    const { connections, faults, controllerRows } = read([...good, ...bad].map((target) => ({ target })));
    expect(connections.controllers.map((c) => c.target)).toEqual(good);
    expect(faults.map((text) => /"(.*?)"/.exec(text)![1])).toEqual(bad);
    expect(controllerRows).toHaveLength(8);
  });
});

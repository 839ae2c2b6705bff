import { describe, expect, it } from "vitest";
import type { Uuid } from "#ovsdb/atom.js";
import { plan, type Running } from "./plan.js";
import { readWanted as read } from "./read-wanted.js";
import type {
  BridgeRow,
  ConfigRows,
  ControllerRow,
  FlowTableRow,
  InterfaceRow,
  OpenVSwitchRow,
  PortRow,
} from "./rows.js";
import type { Wanted } from "./wanted.js";

interface Spec {
  readonly [bridge: string]: {
    /** False: no row for the bridge's own port, as `ovs-vsctl create` leaves it. */
    readonly local?: false;
    readonly row?: Partial<BridgeRow>;
    readonly ports: readonly (Partial<PortRow> & { name: string; ifaces?: readonly Partial<InterfaceRow>[] })[];
  };
}

const readWanted = (rows: ConfigRows): Wanted => read(rows, "/run");

/** Rows as a replica would give them, from a short description. */
function rowsOf(
  spec: Spec,
  root: Pick<OpenVSwitchRow, "other_config"> = { other_config: new Map() },
  controllers: readonly ControllerRow[] = [],
  flowTables: readonly FlowTableRow[] = [],
): ConfigRows {
  const bridges = new Map<string, BridgeRow>();
  const ports = new Map<string, PortRow>();
  const interfaces = new Map<string, InterfaceRow>();
  const none = new Map<string, string>();
  for (const [name, { row, local, ports: listed }] of Object.entries(spec)) {
    const portIds: string[] = [];
    const hasLocal = local === false || listed.some((p) => p.name === name);
    for (const { ifaces, ...port } of hasLocal ? listed : [{ name, ifaces: undefined }, ...listed]) {
      const ifaceIds: string[] = [];
      for (const iface of ifaces ?? [{}]) {
        const id = `i-${port.name}-${ifaceIds.length}`;
        interfaces.set(id, {
          uuid: id as Uuid,
          name: port.name,
          type: "",
          options: none,
          other_config: none,
          ofport: undefined,
          ofport_request: undefined,
          mac: undefined,
          mtu_request: undefined,
          ...iface,
        });
        ifaceIds.push(id);
      }
      const id = `p-${name}-${port.name}-${portIds.length}`;
      portIds.push(id);
      ports.set(id, {
        uuid: id as Uuid,
        interfaces: ifaceIds as Uuid[],
        vlan_mode: undefined,
        tag: undefined,
        trunks: [],
        cvlans: [],
        bond_mode: undefined,
        mac: undefined,
        protected: false,
        fake_bridge: false,
        other_config: none,
        ...port,
      });
    }
    bridges.set(name, {
      uuid: name as Uuid,
      name,
      ports: portIds as Uuid[],
      controller: [],
      datapath_type: "",
      fail_mode: undefined,
      flood_vlans: [],
      flow_tables: new Map(),
      mcast_snooping_enable: false,
      stp_enable: false,
      rstp_enable: false,
      protocols: [],
      other_config: none,
      ...row,
    });
  }
  return {
    root: {
      uuid: "root" as Uuid,
      bridges: [...bridges.keys()] as Uuid[],
      datapaths: new Map(),
      next_cfg: 0,
      manager_options: [],
      ovs_version: undefined,
      ...root,
    },
    bridge: (id) => bridges.get(id),
    controller: (id) => controllers.find((c) => c.uuid === id),
    datapath: () => undefined,
    ctZone: () => undefined,
    ctTimeoutPolicy: () => undefined,
    flowTable: (id) => flowTables.find((t) => t.uuid === id),
    manager: () => undefined,
    ssl: undefined,
    port: (id) => ports.get(id),
    interface: (id) => interfaces.get(id),
  };
}

/** What would run had everything wanted succeeded. */
function runningAfter(wanted: Wanted, failed: readonly string[] = []): Running {
  return new Map(
    wanted.bridges.map((b) => {
      const { ports, uuid: _uuid, controllerRows: _rows, ...settings } = b;
      const interfaces = new Map(
        ports.flatMap((p) =>
          p.interfaces.map((i) => {
            const lost = failed.includes(i.name);
            return [i.name, { wanted: i, failed: lost, ofport: lost ? undefined : i.ofportRequest }] as const;
          }),
        ),
      );
      return [b.name, { settings, interfaces, ports: new Map(ports.map((p) => [p.settings.name, p.settings])) }];
    }),
  );
}

const two = { br0: { ports: [{ name: "br0" }, { name: "p1", tag: 3 }] }, br1: { ports: [] } };

describe("readWanted", () => {
  it("gives every bridge its own port, of type internal", () => {
    const { bridges } = readWanted(rowsOf(two));
    expect(bridges.map((b) => b.ports.flatMap((p) => p.interfaces.map((i) => [i.name, i.type, i.isLocal])))).toEqual([
      [
        ["br0", "internal", true],
        ["p1", "system", false],
      ],
      [["br1", "internal", true]],
    ]);
  });

  it("makes up the own port of a bridge with controllers, and of no other", () => {
    const bare = { ports: [], local: false } as const;
    const controller = ["c"] as unknown as BridgeRow["controller"];
    const { bridges, warnings } = readWanted(rowsOf({ a: bare, b: { ...bare, row: { controller } } }));
    expect(bridges.map((b) => b.ports.map((p) => p.settings.name))).toEqual([[], ["b"]]);
    expect(warnings).toEqual(["bridge b: no port named b, synthesizing one"]);
  });

  it("makes a port with a tag an access port, and one without a trunk", () => {
    const rows = rowsOf({
      b: {
        ports: [
          { name: "a", tag: 7, trunks: [1] },
          { name: "t", trunks: [2, 3] },
          { name: "n", tag: 4, vlan_mode: "native-tagged" },
        ],
      },
    });
    const ports = readWanted(rows)
      .bridges[0]!.ports.map((p) => p.settings)
      .filter((s) => s.name !== "b");
    expect(ports.map((s) => [s.name, s.vlanMode, s.tag, s.trunks])).toEqual([
      ["a", "access", 7, []],
      ["n", "native-tagged", 4, []],
      ["t", "trunk", -1, [2, 3]],
    ]);
  });

  it("reads how flow tables are configured, and reports what is no field", () => {
    const row = { flow_tables: new Map([[7, "t" as Uuid]]) };
    const table: FlowTableRow = {
      uuid: "t" as Uuid,
      ...{ name: "seven", flow_limit: 9n, overflow_policy: "evict" },
      ...{ groups: ["NXM_OF_IN_PORT[]", "bogus"], prefixes: ["bogus", "nw_src", "tcp_src"] },
    };
    const { bridges, warnings } = readWanted(rowsOf({ b: { row, ports: [] } }, undefined, [], [table]));
    const settings = bridges[0]!.settings.flowTables!.get(7)!;
    expect(settings).toMatchObject({ name: "seven", flowLimit: 9, evicts: true, prefixes: ["ip_src"] });
    expect(settings.groups!.map((g) => [g.field.name, g.start, g.bits])).toEqual([["in_port", 0, 16]]);
    expect(warnings).toEqual([
      "bridge b table 7: error parsing 'groups' (bogus: unknown field `bogus')",
      "bridge b: 'prefixes' with unknown field: bogus",
      "bridge b: 'prefixes' with incompatible field: tcp_src",
    ]);
  });

  it("leaves out and reports an interface named twice", () => {
    const rows = rowsOf({ b: { ports: [{ name: "p" }] }, c: { ports: [{ name: "p" }] } });
    const { bridges, warnings } = readWanted(rows);
    expect(bridges[1]!.ports.map((p) => p.settings.name)).toEqual(["c"]);
    expect(warnings).toEqual(["bridge c: interface p specified twice"]);
  });

  it("takes the documented defaults for missing and malformed settings", () => {
    const other_config = new Map([
      ["mac-aging-time", "soon"],
      ["mac-table-size", "5"],
      ["forward-bpdu", "TRUE"],
      ["datapath-id", "12"],
    ]);
    const [bridge] = readWanted(rowsOf({ b: { row: { other_config }, ports: [] } })).bridges;
    expect(bridge!.settings).toMatchObject({
      macAgingTime: 300,
      macTableSize: 5,
      forwardBpdu: true,
      failMode: "standalone",
      vlanLimit: 1,
    });
    expect(bridge!.datapathId).toBeUndefined();
  });
});

describe("plan", () => {
  const wanted = readWanted(rowsOf(two));

  it("is empty when run again", () => {
    expect(plan(runningAfter(wanted), wanted)).toEqual([]);
    expect(plan(runningAfter(wanted, ["p1"]), wanted)).toEqual([]);
  });

  it("builds everything from nothing, bridges before their interfaces", () => {
    const kinds = plan(new Map(), wanted).map((c) => c.kind);
    expect(kinds).toEqual([
      "add-bridge",
      "add-interface",
      "add-interface",
      "configure-port",
      "configure-port",
      "add-bridge",
      "add-interface",
      "configure-port",
    ]);
  });

  it("removes before it adds, so that a port can move between bridges", () => {
    const moved = readWanted(rowsOf({ br0: { ports: [] }, br1: { ports: [{ name: "p1", tag: 3 }] } }));
    expect(plan(runningAfter(wanted), moved).map((c) => c.kind)).toEqual([
      "remove-port",
      "remove-interface",
      "add-interface",
      "configure-port",
    ]);
  });

  it("reopens an interface whose type or requested number changed, and only then", () => {
    const change = (iface: Partial<InterfaceRow>): string[] =>
      plan(
        runningAfter(wanted),
        readWanted(rowsOf({ ...two, br0: { ports: [{ name: "br0" }, { name: "p1", tag: 3, ifaces: [iface] }] } })),
      ).map((c) => c.kind);
    expect(change({ type: "tap" })).toEqual(["remove-interface", "add-interface", "configure-port"]);
    expect(change({ ofport_request: 9 })).toEqual(["remove-interface", "add-interface", "configure-port"]);
    expect(change({ mtu_request: 1400 })).toEqual(["configure-interface"]);
    expect(change({ ofport: 4 })).toEqual([]);
  });

  describe("port numbers", () => {
    type Asking = readonly (readonly [name: string, ofport: number, request?: number])[];
    const rows = (asking: Asking) =>
      readWanted(
        rowsOf({
          b: { ports: asking.map(([name, , ofport_request]) => ({ name, ifaces: [{ ofport_request }] })) },
        }),
      );
    /** Names of interfaces that are added when `now` is wanted while the numbers are those of `was`. */
    const added = (was: Asking, now: Asking): string[] => {
      const running = runningAfter(rows(was));
      const bridge = running.get("b")!;
      const interfaces = [...bridge.interfaces].map(([name, i]) => {
        const ofport = was.find(([n]) => n === name)?.[1] ?? 65534;
        return [name, { ...i, ofport }] as const;
      });
      const changes = plan(new Map([["b", { ...bridge, interfaces: new Map(interfaces) }]]), rows(now));
      return changes.flatMap((c) => (c.kind === "add-interface" ? [c.wanted.name] : []));
    };

    it("go to who asks for them, also when somebody has them unasked", () => {
      expect(
        added(
          [
            ["p", 1],
            ["q", 2],
          ],
          [
            ["p", 1],
            ["q", 2, 1],
          ],
        ),
      ).toEqual(["q", "p"]);
    });
    it("stay with a holder that asks for its own", () => {
      expect(
        added(
          [
            ["p", 1, 1],
            ["q", 2],
          ],
          [
            ["p", 1, 1],
            ["q", 2, 1],
          ],
        ),
      ).toEqual([]);
    });
    it("go to who has waited, when the holder asks for another", () => {
      expect(
        added(
          [
            ["p", 5, 5],
            ["q", 1, 5],
          ],
          [
            ["p", 5, 6],
            ["q", 1, 5],
          ],
        ),
      ).toEqual(["p", "q"]);
    });
    it("of new ports are given first to those that ask", () => {
      expect(
        added(
          [],
          [
            ["a", 0],
            ["b1", 0, 1],
            ["c", 0],
            ["d", 0, 2],
          ],
        ),
      ).toEqual(["b1", "d", "a", "c"]);
    });
  });

  it("rebuilds a bridge whose datapath type changed", () => {
    const other = readWanted(rowsOf({ br1: { row: { datapath_type: "dummy" }, ports: [] } }));
    expect(plan(runningAfter(wanted), other).map((c) => c.kind)).toEqual([
      "remove-bridge",
      "remove-bridge",
      "add-bridge",
      "add-interface",
      "configure-port",
    ]);
  });

  it("configures a port whose VLANs changed and nothing else", () => {
    const other = readWanted(rowsOf({ ...two, br0: { ports: [{ name: "br0" }, { name: "p1", tag: 4 }] } }));
    expect(plan(runningAfter(wanted), other)).toMatchObject([
      { kind: "configure-port", port: { settings: { tag: 4 } } },
    ]);
  });
});

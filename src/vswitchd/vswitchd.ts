import type { Switch, Switches } from "#ofproto/switch.js";
import type { Cancel, Clock } from "#util/clock.js";
import type { Json } from "#util/json.js";
import { OVS_VERSION } from "#util/version.js";
import { Bridges } from "./bridges.js";
import type { ConfigDatabase } from "./config-database.js";
import { readConntrack } from "./conntrack-zones.js";
import type { BridgeLog, LiveBridge } from "./live-bridge.js";
import { plan } from "./plan.js";
import { readFlowLimits, readWanted } from "./read-wanted.js";
import { type ConfigRows, otherConfig, type SslRow } from "./rows.js";
import {
  bridgeStatus,
  controllerColumns,
  interfaceStatus,
  type StatusColumns,
  type StatusTable,
  statisticsColumn,
} from "./status.js";
import { StatusWriter } from "./status-writer.js";

const defaultStatsInterval = 5000;
/** Changes of link state are gathered for this long before they are written, in milliseconds. */
const statusDelay = 20;

export interface VswitchdDependencies {
  readonly database: ConfigDatabase;
  readonly switches: Switches;
  readonly clock: Clock;
  readonly log: BridgeLog;
  /** Where complaints about single devices go. */
  readonly deviceLog: BridgeLog;
  /** Below which unix sockets of controllers must be. */
  readonly runDirectory: string;
  /** Takes the keys and certificates of the database; called before what needs them is configured. */
  readonly useTls?: (row: SslRow | undefined) => void;
  /** Takes Open_vSwitch:other_config:vhost-sock-dir, relative to the run directory; called before ports are opened. */
  readonly useVhostDirectory?: (directory: string) => void;
  /** Open_vSwitch:statistics, where they are asked for. */
  readonly systemStatistics: () => ReadonlyMap<string, string>;
}

/**
 * The heart of ovs-vswitchd: makes the switches be what the database says, and the database say how they are. Every change of the
 * rows is read, planned and applied at once; then status and `cur_cfg` are written, one transaction at a time.
 */
export class Vswitchd {
  readonly #deps: VswitchdDependencies;
  readonly #bridges: Bridges;
  readonly #writer = new StatusWriter();
  /** Resolves when the first configuration is in force. */
  readonly configured: Promise<void>;
  #setConfigured: () => void = () => {};
  #toldOfBondMode = false;
  /** False while a restart script puts flows back; undefined before the first configuration. */
  #flowsRestored: boolean | undefined;
  #timer: Cancel | undefined;
  #statsDue: Cancel | undefined;
  #writing = false;
  #writeAgain = false;
  #withStatistics = true;
  #closed = false;
  /** next_cfg of the rows that are in force, flows included. */
  #settledCfg: number | undefined;
  /** Changes applied whose flows and ports are not all in force yet. */
  #unsettled = 0;

  constructor(deps: VswitchdDependencies) {
    this.#deps = deps;
    this.configured = new Promise((resolve) => {
      this.#setConfigured = resolve;
    });
    this.#bridges = new Bridges(deps.switches, deps, {
      statusChanged: () => this.#statusSoon(),
      deviceGone: () => this.retry(),
    });
    deps.database.onChange((wanted) => {
      if (wanted) this.#databaseChanged();
      else this.#statusSoon();
    });
    this.#databaseChanged();
  }

  bridges(): Bridges {
    return this.#bridges;
  }

  /** A link appeared or changed: an interface of that name that could not be opened is tried again. */
  linkAppeared(name: string): void {
    const waiting = [...this.#bridges.bridges().values()].some((b) => {
      const iface = b.interfaces.get(name);
      return iface !== undefined && iface.port === undefined;
    });
    if (waiting) this.retry();
  }

  /** Tries again what failed. */
  retry(): void {
    if (this.#closed) return;
    this.#bridges.forgetFailures();
    this.#reconfigure();
  }

  /** Stops acting. With `cleanup`, bridges and their devices are removed first. */
  close(cleanup: boolean): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#statsDue?.cancel();
    if (cleanup) this.#bridges.close();
    this.#deps.switches.close(cleanup);
  }

  #databaseChanged(): void {
    if (this.#closed) return;
    if (!this.#deps.database.rows()) {
      // A new connection, or a new holder of the lock, may have written anything.
      this.#writer.forget();
      this.#settledCfg = undefined;
      return;
    }
    this.#writer.forget((table, uuid) => this.#deps.database.has(table, uuid));
    this.#bridges.forgetFailures();
    this.#reconfigure();
  }

  #reconfigure(): void {
    const rows = this.#deps.database.rows();
    if (!rows) return;
    const wanted = readWanted(rows, this.#deps.runDirectory);
    for (const warning of wanted.warnings) this.#deps.log.warn(warning);
    for (const error of wanted.errors) this.#deps.log.err(error);
    this.#tellOfBondMode(wanted.defaultBonds);
    this.#deps.useTls?.(rows.ssl);
    if (rows.root !== undefined)
      this.#deps.useVhostDirectory?.(otherConfig("Open_vSwitch", rows.root.other_config)("vhost-sock-dir") ?? "");
    this.#awaitFlows(rows);
    this.#deps.switches.setFlowLimits(readFlowLimits(rows.root?.other_config ?? new Map()));
    this.#deps.switches.setDatapathOptions(rows.root?.other_config ?? new Map());
    this.#deps.switches.setConntrack(readConntrack(rows));
    const changes = plan(this.#bridges.running(), wanted);
    this.#bridges.apply(changes, wanted.bridges);
    this.#deps.switches.adopt();
    const cfg = Number(rows.root?.next_cfg ?? 0);
    const settled = (): void => {
      this.#settledCfg = cfg;
      this.#setConfigured();
      this.#writeStatus(true);
    };
    // Where an earlier change is not in force yet, this one is not either.
    if (changes.length === 0 && this.#unsettled === 0) {
      settled();
      return;
    }
    this.#unsettled++;
    void this.#deps.switches.settle().then(() => {
      this.#unsettled--;
      settled();
    });
  }

  /** Open_vSwitch:other_config:flow-restore-wait counts where it is set at start; until it is set no more. */
  #awaitFlows(rows: ConfigRows): void {
    const isWanted = otherConfig("Open_vSwitch", rows.root?.other_config ?? new Map())("flow-restore-wait");
    const waits = isWanted?.toLowerCase() === "true";
    if (waits && this.#flowsRestored === undefined) this.#deps.switches.awaitFlows();
    if (!waits && this.#flowsRestored === false) this.#deps.switches.flowsRestored();
    if (!waits || this.#flowsRestored === undefined) this.#flowsRestored = !waits;
  }

  #tellOfBondMode([bond]: readonly string[]): void {
    if (bond === undefined || this.#toldOfBondMode) return;
    this.#toldOfBondMode = true;
    this.#deps.log.warn(
      `port ${bond}: Using the default bond_mode active-backup. Note that in previous versions, the default bond_mode was balance-slb`,
    );
  }

  #statusSoon(): void {
    this.#timer ??= this.#deps.clock.after(statusDelay, () => {
      this.#timer = undefined;
      this.#writeStatus(false);
    });
  }

  #scheduleStatistics(rows: ConfigRows): void {
    const text = otherConfig("Open_vSwitch", rows.root?.other_config ?? new Map())("stats-update-interval") ?? "";
    const interval = Math.max(defaultStatsInterval, Number.parseInt(text, 10) || 0);
    this.#statsDue ??= this.#deps.clock.after(interval, () => {
      this.#statsDue = undefined;
      this.#writeStatus(true);
    });
  }

  #writeStatus(withStatistics: boolean): void {
    if (this.#closed) return;
    this.#withStatistics ||= withStatistics;
    if (this.#writing) {
      this.#writeAgain = true;
      return;
    }
    const rows = this.#deps.database.rows();
    if (!rows?.root) return;
    this.#stage(rows, this.#withStatistics);
    this.#withStatistics = false;
    this.#scheduleStatistics(rows);
    const { operations, confirm } = this.#writer.take();
    if (operations.length === 0) return;
    this.#writing = true;
    this.#deps.database
      .transact(operations)
      .then(
        (results) => {
          const error = results.find((r) => r !== null && typeof r === "object" && "error" in r);
          if (error) this.#refused(error);
          else confirm();
        },
        // The connection is gone; everything is written anew on the next one.
        () => this.#writer.forget(),
      )
      .finally(() => {
        this.#writing = false;
        if (!this.#writeAgain) return;
        this.#writeAgain = false;
        this.#writeStatus(false);
      });
  }

  #refused(error: Json): void {
    this.#deps.log.warn(`database refused a status update: ${JSON.stringify(error)}`);
  }

  #stage(rows: ConfigRows, withStatistics: boolean): void {
    const { database, switches } = this.#deps;
    const root = rows.root;
    if (!root) return;
    for (const bridge of this.#bridges.bridges().values()) {
      if (database.has("Bridge", bridge.wanted.uuid))
        this.#stageRow("Bridge", bridge.wanted.uuid, bridgeStatus(bridge));
      const live = switches.get(bridge.wanted.name);
      if (withStatistics) this.#stageControllers(bridge, live);
      for (const iface of bridge.interfaces.values()) {
        const uuid = iface.wanted.uuid;
        if (!database.has("Interface", uuid)) continue;
        const problem = iface.port && live?.portProblem(iface.wanted.name);
        // The one status column that is followed is put right where somebody else has written it.
        if (rows.interface(uuid)?.ofport !== (iface.port?.ofport ?? -1)) this.#writer.overwritten(uuid, "ofport");
        this.#stageRow("Interface", uuid, interfaceStatus(iface, problem));
        if (!withStatistics) continue;
        const device = iface.port?.device;
        const statistics =
          device && live
            ? new Map([
                ...statisticsColumn(device.type, live.portStats(iface.wanted.name)),
                ...(device.ownStats?.() ?? []),
              ])
            : new Map<string, number>();
        this.#stageRow("Interface", uuid, { statistics });
      }
    }
    for (const [type, uuid] of root.datapaths) {
      this.#stageRow("Datapath", uuid, { capabilities: switches.capabilities(type) });
    }
    if (withStatistics) {
      const enabled = otherConfig("Open_vSwitch", root.other_config)("enable-statistics") === "true";
      const statistics = enabled ? this.#deps.systemStatistics() : new Map<string, string>();
      this.#stageRow("Open_vSwitch", root.uuid, { statistics });
    }
    const types = new Set(switches.datapathTypes.flatMap((t) => switches.interfaceTypes(t)));
    this.#stageRow("Open_vSwitch", root.uuid, {
      datapath_types: [...switches.datapathTypes].sort(),
      iface_types: [...types].sort(),
      dpdk_initialized: false,
      dpdk_version: "none",
      ...(rows.root?.ovs_version === undefined ? { ovs_version: OVS_VERSION } : {}),
    });
    if (this.#settledCfg !== undefined) this.#stageRow("Open_vSwitch", root.uuid, { cur_cfg: this.#settledCfg });
  }

  #stageControllers({ wanted }: LiveBridge, live: Switch | undefined): void {
    const status = live?.controllerStatus();
    for (const { uuid, target } of wanted.controllerRows) {
      if (!this.#deps.database.has("Controller", uuid)) continue;
      this.#stageRow("Controller", uuid, controllerColumns(status?.get(target)));
    }
  }

  /** Stages what the database's schema, which may be older than ours, has columns for. */
  #stageRow<T extends StatusTable>(table: T, uuid: string, columns: StatusColumns<T>): void {
    const known = Object.entries(columns).filter(([column]) => this.#deps.database.hasColumn(table, column));
    this.#writer.stage(table, uuid, Object.fromEntries(known) as StatusColumns<T>);
  }
}

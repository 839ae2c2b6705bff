import type { Host } from "#host/host.js";
import type { ConnectOptions } from "#host/streams.js";
import type { Changes, ChangeTracker } from "#ovsdb/replica/change-tracker.js";
import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import type { Log } from "#runtime/logger.js";
import { ReplicaSession } from "#runtime/replica-session.js";
import type { Json } from "#util/json.js";
import type { ConfigDatabase } from "./config-database.js";
import { type ConfigRows, followed, statusColumns } from "./rows.js";

/** Only the holder of this lock drives the switches, so that two daemons on one database do not fight. */
const lockName = "ovs_vswitchd";

type Declaration = typeof openVSwitchDeclaration;
type Followed = typeof followed;

/** The Open_vSwitch database behind an OVSDB connection that is kept up, read through a replica, under the lock. */
export class OvsdbConfigDatabase implements ConfigDatabase {
  readonly #replica: ReplicaSession<Declaration, Followed>;
  readonly #tracker: ChangeTracker<Declaration, Followed>;
  readonly #log: Log;
  readonly #pid: number;
  readonly #handlers: ((wanted: boolean) => void)[] = [];
  #ready = false;
  #contended = false;

  /** `remotes` are connection names, tried in turn; `connect` holds the certificates for `ssl:`. */
  constructor(host: Host, log: Log, remotes: readonly string[], connect: ConnectOptions = {}) {
    this.#log = log;
    this.#pid = host.process.pid;
    const settings = { lock: lockName, connect, inOrder: true };
    this.#replica = ReplicaSession.open(host, log, remotes, openVSwitchDeclaration, followed, settings);
    this.#tracker = this.#replica.track();
    this.#replica.onChange(() => this.#changed());
  }

  rows(): ConfigRows | undefined {
    if (!this.#ready) return undefined;
    const [root] = this.#replica.table("Open_vSwitch");
    const bridges = this.#replica.table("Bridge");
    const controllers = this.#replica.table("Controller");
    const flowTables = this.#replica.table("Flow_Table");
    const datapaths = this.#replica.table("Datapath");
    const ctZones = this.#replica.table("CT_Zone");
    const ctTimeoutPolicies = this.#replica.table("CT_Timeout_Policy");
    const managers = this.#replica.table("Manager");
    const [ssl] = this.#replica.table("SSL");
    const ports = this.#replica.table("Port");
    const interfaces = this.#replica.table("Interface");
    return {
      root,
      bridge: (uuid) => bridges.get(uuid),
      controller: (uuid) => controllers.get(uuid),
      flowTable: (uuid) => flowTables.get(uuid),
      datapath: (uuid) => datapaths.get(uuid),
      ctZone: (uuid) => ctZones.get(uuid),
      ctTimeoutPolicy: (uuid) => ctTimeoutPolicies.get(uuid),
      manager: (uuid) => managers.get(uuid),
      ssl,
      port: (uuid) => ports.get(uuid),
      interface: (uuid) => interfaces.get(uuid),
    };
  }

  /** Cells in the replica, for `memory/show`. */
  cells(): number {
    const tables = Object.keys(followed) as (keyof Followed)[];
    return tables.reduce((sum, table) => sum + this.#replica.table(table).size * followed[table].length, 0);
  }

  has(table: keyof Followed, uuid: string): boolean {
    return this.#replica.table(table).has(uuid);
  }

  hasColumn(table: string, column: string): boolean {
    return this.#replica.serves(table, column);
  }

  onChange(handler: (wanted: boolean) => void): void {
    this.#handlers.push(handler);
  }

  transact(operations: readonly Json[]): Promise<readonly Json[]> {
    return this.#replica.transact(operations);
  }

  close(): void {
    this.#replica.close();
  }

  #changed(): void {
    const { isCurrent, lockState } = this.#replica;
    const wasReady = this.#ready;
    this.#ready = isCurrent && lockState === "held";
    this.#complain(isCurrent && lockState === "contended");
    const changes = this.#tracker.take();
    const turned = this.#ready !== wasReady;
    if (changes.isEmpty && !turned) return;
    const wanted = turned || isWanted(changes);
    for (const handler of this.#handlers) handler(wanted);
  }

  #complain(contended: boolean): void {
    if (contended && !this.#contended) {
      this.#log
        .module("bridge")
        .err(`another ovs-vswitchd process is running, disabling this process (pid ${this.#pid}) until it goes away`);
    }
    this.#contended = contended;
  }
}

/** Whether anything has changed but columns that this daemon writes itself. */
function isWanted(changes: Changes<Declaration, Followed>): boolean {
  return changes.tables.some((table) => {
    const { inserted, modified, deleted } = changes.of(table);
    if (inserted.length + deleted.length > 0) return true;
    return modified.some(({ columns }) => columns.some((column) => !statusColumns.has(`${table}.${column}`)));
  });
}

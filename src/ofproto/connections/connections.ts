import type { AsyncKind } from "#openflow/messages/connection/async-config.js";
import { FlowFlag } from "#openflow/messages/flow/flow-flags.js";
import type { GroupMod } from "#openflow/messages/group/group-mod.js";
import type { MeterMod } from "#openflow/messages/meter/meter-mod.js";
import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import type { PhyPort } from "#openflow/messages/port/phy-port.js";
import { OF13 } from "#openflow/version.js";
import type { Bridge } from "../bridge.js";
import type { OfPort } from "../port.js";
import { portDescription } from "../port-description.js";
import type { FlowChanges, Origin } from "../tables/flow-changes.js";
import { tableDesc } from "../tables/table-replies.js";
import type { Connection, Role } from "./connection.js";
import type { ControllerConnection } from "./controller-connection.js";
import { Controllers } from "./controllers.js";
import { flowRemoved, reasonNumber } from "./flow-removed.js";
import type { Outside } from "./outside.js";
import { packetInReason } from "./packet-in-reason.js";
import { portStatusSteps, stepsSeen } from "./port-status.js";
import type { Remote } from "./remote.js";
import { Roles } from "./roles.js";
import type { ConnectionsSettings, ControllerStatus } from "./settings.js";
import type { PacketForControllers, ToControllers } from "./to-controllers.js";

/** Told of changes of flows when they are published. */
export type FlowWatcher = (changes: FlowChanges, origin: Origin) => void;

const portReasons = ["add", "delete", "modify"] as const;

/** What a bridge tells its controllers without being asked: to each what its masks and its role let through, in its own version. */
export class Connections implements ToControllers {
  readonly #bridge: Bridge;
  readonly #controllers: Controllers | undefined;
  readonly #roles = new Roles();
  readonly #watchers = new Set<FlowWatcher>();
  #wantsMisses = false;
  #settings: ConnectionsSettings | undefined;

  /** Without an outside there is nobody to speak to. */
  constructor(bridge: Bridge, outside: Outside | undefined) {
    this.#bridge = bridge;
    this.#controllers = outside && new Controllers(bridge, outside, () => this.changed());
  }

  /** Who is to speak to, and how. */
  configure(settings: ConnectionsSettings): void {
    this.#settings = settings;
    // Who is asked while flows are put back could change them half-way.
    const isAlone = this.#bridge.backer.isRestoring;
    this.#controllers?.configure(isAlone ? { ...settings, controllers: [] } : settings);
  }

  /** Flows were put back after a restart: controllers may come. */
  restored(): void {
    if (this.#settings) this.configure(this.#settings);
  }

  /** The bridge's fail mode, or whether it has primary controllers, is another. */
  failModeChanged(): void {
    this.#controllers?.failModeChanged();
  }

  /** By the targets of controllers. */
  status(): ReadonlyMap<string, ControllerStatus> {
    return this.#controllers?.status() ?? new Map();
  }

  /** Drops all connections; those that we made are made again. */
  reconnect(): void {
    this.#controllers?.reconnect();
  }

  /** Connections there are. */
  get count(): number {
    return [...this.#remotes()].length;
  }

  /** Resolves when listeners that were asked for listen, or have failed. */
  async settled(): Promise<void> {
    await this.#controllers?.settled();
  }

  /** The latest generation of roles; undefined before the first. */
  get generationId(): bigint | undefined {
    return this.#roles.generationId;
  }

  /**
   * Gives a connection a role; a primary one makes the former one secondary, which is told. Throws `OfpError` OFPRRFC_STALE where the generation is
   * older than the latest.
   */
  setRole(connection: Connection, role: Role, generationId: bigint | undefined): void {
    const all = [...this.#connected()];
    const found = all.find((one) => one === connection);
    if (found) this.#roles.set(found, role, generationId, all);
  }

  /** Has changes of flows told to someone: gives what ends that. */
  watchFlows(watcher: FlowWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  get wantsMisses(): boolean {
    return this.#wantsMisses;
  }

  /** A connection came, went, or has another id: what packets go to controllers may be others now. */
  changed(): void {
    const wants = [...this.#connected()].some(({ version, controllerId }) => version < OF13 && controllerId === 0);
    if (wants === this.#wantsMisses) return;
    this.#wantsMisses = wants;
    this.#bridge.backer.changed();
  }

  flowsChanged(changes: FlowChanges, origin: Origin): void {
    for (const { rule, reason } of changes.removed) {
      if (rule.isHidden || (rule.flags & FlowFlag.sendFlowRemoved) === 0) continue;
      const now = this.#bridge.backer.clock.now();
      for (const one of this.#wanting("FLOW_REMOVED", reasonNumber(reason))) {
        one.notify(flowRemoved(rule, reason, one.version, now));
      }
    }
    for (const watcher of this.#watchers) watcher(changes, origin);
  }

  packetIn(packet: PacketForControllers): boolean {
    let isTaken = false;
    for (const remote of this.#remotes()) {
      if (remote.connection && this.#packetTo(remote, remote.connection, packet)) isTaken = true;
    }
    return isTaken;
  }

  portStatus(reason: "add" | "delete" | "modify", port: OfPort, before?: PhyPort, source?: object): void {
    const all = this.#wanting("PORT_STATUS", portReasons.indexOf(reason));
    if (all.length === 0) return;
    const steps = portStatusSteps(reason, before, portDescription(port));
    for (const one of all) for (const step of stepsSeen(steps, before, one.version, one === source)) one.notify(step);
  }

  forward(request: GroupMod | MeterMod, { connection, xid }: Origin): void {
    for (const one of this.#wanting("REQUESTFORWARD", request.kind === "group_mod" ? 0 : 1)) {
      if (one !== connection) one.notify({ kind: "request_forward", xid, request });
    }
  }

  tableStatus(table: number, reason: "vacancy_down" | "vacancy_up"): void {
    const all = this.#wanting("TABLE_STATUS", reason === "vacancy_down" ? 3 : 4);
    if (all.length === 0) return;
    const desc = tableDesc(this.#bridge.state.tables.table(table));
    for (const one of all) one.notify({ kind: "table_status", reason, desc });
  }

  close(): void {
    this.#controllers?.close();
  }

  *#remotes(): Generator<Remote> {
    if (this.#controllers) yield* this.#controllers.remotes();
  }

  *#connected(): Generator<ControllerConnection> {
    for (const { connection } of this.#remotes()) if (connection) yield connection;
  }

  #wanting(kind: AsyncKind, reason: number): ControllerConnection[] {
    return [...this.#connected()].filter((one) => one.wants(kind, reason));
  }

  #packetTo(remote: Remote, connection: ControllerConnection, packet: PacketForControllers): boolean {
    if (packet.controllerId !== connection.controllerId) return false;
    const reason = packetInReason(packet.reason, connection.version);
    if (reason === undefined || !connection.wants("PACKET_IN", reason)) return false;
    const { data, table, match, userdata, continuation } = packet;
    const format = connection.packetInFormat;
    return remote.packetIn({
      kind: "packet_in",
      format,
      // Nothing is kept in the switch, so controllers get whole packets, whatever length they ask for.
      data,
      totalLength: data.length,
      bufferId: NO_BUFFER,
      table,
      cookie: packet.cookie,
      reason,
      match,
      ...(userdata && { userdata }),
      ...(continuation && { continuation }),
    });
  }
}

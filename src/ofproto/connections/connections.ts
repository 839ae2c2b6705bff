import type { Listener, Stream } from "#host/streams.js";
import type { GroupMod } from "#openflow/messages/group/group-mod.js";
import type { MeterMod } from "#openflow/messages/meter/meter-mod.js";
import { allVersions } from "#runtime/openflow-connection.js";
import { listenOpenFlow } from "#runtime/openflow-listen.js";
import { HostError } from "#util/errors.js";
import type { Bridge } from "../bridge.js";
import type { OfPort } from "../port.js";
import type { FlowChanges, Origin } from "../tables/flow-changes.js";
import type { ControllerConnection } from "./controller-connection.js";
import type { Outside } from "./outside.js";
import { Remote } from "./remote.js";
import type { PacketForControllers, ToControllers } from "./to-controllers.js";

/** A bridge's connections: its controllers, and whoever comes by its listeners. */
export class Connections implements ToControllers {
  readonly #bridge: Bridge;
  readonly #remotes = new Set<Remote>();
  readonly #listeners: Listener[] = [];
  readonly #starting: Promise<void>[] = [];
  #isClosed = false;

  /** Without an outside there is nobody to speak to. */
  constructor(bridge: Bridge, outside: Outside | undefined) {
    this.#bridge = bridge;
    if (outside !== undefined) this.#listen(`punix:${outside.runDirectory}/${bridge.name}.mgmt`, outside);
  }

  /** Those that are connected. */
  *connected(): Generator<ControllerConnection> {
    for (const { connection } of this.#remotes) if (connection) yield connection;
  }

  /** Resolves when listeners that were asked for listen, or have failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#starting);
  }

  flowsChanged(_changes: FlowChanges, _origin: Origin): void {}

  packetIn(_packet: PacketForControllers): boolean {
    return false;
  }

  portStatus(_reason: "add" | "delete" | "modify", _port: OfPort): void {}

  forward(_request: GroupMod | MeterMod, _origin: Origin): void {}

  tableStatus(_table: number, _reason: "vacancy_down" | "vacancy_up"): void {}

  close(): void {
    this.#isClosed = true;
    for (const listener of this.#listeners) listener.close();
    for (const remote of this.#remotes) remote.close();
    this.#remotes.clear();
  }

  #listen(target: string, outside: Outside): void {
    const start = async (): Promise<void> => {
      try {
        const listener = await listenOpenFlow(
          outside.host,
          outside.log,
          target,
          (s) => this.#accept(s, outside),
          outside.connect,
        );
        if (this.#isClosed) listener.close();
        else this.#listeners.push(listener);
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
      }
    };
    this.#starting.push(start());
  }

  #accept(stream: Stream, outside: Outside): void {
    const settings = { versions: allVersions, maxBackoff: 0, probeInterval: 60_000 };
    const remote: Remote = new Remote(this.#bridge, outside, stream, false, settings, {
      connected: () => {},
      disconnected: () => this.#remotes.delete(remote),
      traffic: () => {},
    });
    this.#remotes.add(remote);
  }
}

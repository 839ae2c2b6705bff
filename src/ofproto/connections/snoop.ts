import type { Listener, Stream } from "#host/streams.js";
import { OpenFlowConnection } from "#runtime/openflow-connection.js";
import { listenOpenFlow } from "#runtime/openflow-listen.js";
import { HostError } from "#util/errors.js";
import type { Outside } from "./outside.js";
import type { Remote } from "./remote.js";

/** Bytes that may wait for someone who looks on; what is more is not for him. */
const BACKLOG = 1024 * 1024;

/** The listener `BRIDGE.snoop`: whoever connects is given a copy of each message between the bridge and one of its controllers. */
export class Snoop {
  /** Resolves when it listens, or never will. */
  readonly started: Promise<void>;
  readonly #outside: Outside;
  readonly #chief: () => Remote | undefined;
  readonly #watchers = new Map<OpenFlowConnection, Remote>();
  #listener: Listener | undefined;
  #isClosed = false;

  /** `chief` says which controller is looked on. */
  constructor(outside: Outside, bridge: string, chief: () => Remote | undefined) {
    this.#outside = outside;
    this.#chief = chief;
    this.started = this.#listen(`punix:${outside.runDirectory}/${bridge}.snoop`);
  }

  /** A message of a remote's, either way. */
  send(message: Uint8Array, remote: Remote): void {
    for (const [watcher, watched] of this.#watchers) {
      if (watched === remote && watcher.version !== undefined && watcher.backlog() <= BACKLOG) watcher.send(message);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#listener?.close();
    for (const watcher of this.#watchers.keys()) watcher.close();
    this.#watchers.clear();
  }

  async #listen(target: string): Promise<void> {
    try {
      const listener = await listenOpenFlow(this.#outside.host, this.#outside.log, target, (s) => this.#accept(s));
      if (this.#isClosed) listener.close();
      else this.#listener = listener;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
    }
  }

  #accept(stream: Stream): void {
    const { log, xids } = this.#outside;
    const chief = this.#chief();
    if (!chief || this.#isClosed) {
      log.module("connmgr").info("no controller connection to snoop");
      stream.destroy();
      return;
    }
    const watcher = new OpenFlowConnection(stream, log, { xids });
    this.#watchers.set(watcher, chief);
    watcher.start({ onClose: () => this.#watchers.delete(watcher) });
  }
}

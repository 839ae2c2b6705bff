import type { Listener, Stream } from "#host/streams.js";
import type { VersionBitmap } from "#openflow/hello.js";
import { listenOpenFlow } from "#runtime/openflow-listen.js";
import { HostError } from "#util/errors.js";
import type { Bridge } from "../bridge.js";
import type { Outside } from "./outside.js";
import { Remote, type RemoteEvents, type RemoteSettings } from "./remote.js";

/** A listener of a bridge, and the peers that came by it. */
export class Service {
  /** Resolves when it listens, or never will: then false. */
  readonly started: Promise<boolean>;
  readonly remotes: Set<Remote> = new Set();
  readonly #bridge: Bridge;
  readonly #outside: Outside;
  readonly #versions: VersionBitmap;
  readonly #events: RemoteEvents;
  #settings: RemoteSettings;
  #listener: Listener | undefined;
  #isClosed = false;

  /** `target` is passive, its unix path absolute. */
  constructor(
    bridge: Bridge,
    outside: Outside,
    target: string,
    settings: RemoteSettings,
    versions: VersionBitmap,
    events: RemoteEvents,
  ) {
    this.#bridge = bridge;
    this.#outside = outside;
    this.#settings = settings;
    this.#versions = versions;
    this.#events = events;
    this.started = this.#listen(target);
  }

  get isListening(): boolean {
    return this.#listener !== undefined;
  }

  configure(settings: RemoteSettings): void {
    this.#settings = settings;
    for (const remote of this.remotes) remote.configure(settings);
  }

  close(): void {
    this.#isClosed = true;
    this.#listener?.close();
    for (const remote of [...this.remotes]) remote.close();
    this.remotes.clear();
  }

  async #listen(target: string): Promise<boolean> {
    const { host, log, connect } = this.#outside;
    try {
      const listener = await listenOpenFlow(host, log, target, (stream) => this.#accept(stream), connect);
      if (this.#isClosed) listener.close();
      else this.#listener = listener;
      return !this.#isClosed;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      // The log has been told.
      return false;
    }
  }

  #accept(stream: Stream): void {
    if (this.#isClosed) {
      stream.destroy();
      return;
    }
    const remote: Remote = new Remote(this.#bridge, this.#outside, stream, this.#settings, this.#versions, {
      ...this.#events,
      disconnected: () => {
        this.remotes.delete(remote);
        this.#events.disconnected();
      },
    });
    this.remotes.add(remote);
  }
}

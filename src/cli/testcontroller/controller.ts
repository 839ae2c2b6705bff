import type { Host } from "#host/host.js";
import { isPassiveName, isTlsName } from "#host/stream-name.js";
import type { ConnectOptions, Listener, Stream } from "#host/streams.js";
import type { DaemonContext, RunningDaemon } from "#runtime/daemon-main.js";
import { directories, resolveStreamName } from "#runtime/dirs.js";
import { endText } from "#runtime/jsonrpc.js";
import type { Log } from "#runtime/logger.js";
import { connectOpenFlow } from "#runtime/openflow-connect.js";
import { listenOpenFlow } from "#runtime/openflow-listen.js";
import { OpenFlowSession } from "#runtime/openflow-session.js";
import { Xids } from "#runtime/openflow-xids.js";
import { UserError } from "#util/errors.js";
import { readTlsSettings } from "../db-ctl/tls-settings.js";
import { ControlledSwitch, type ControlSettings } from "./controlled-switch.js";
import { readTestcontrollerOptions, type TestcontrollerSettings } from "./options.js";
import { readSwitchFlows } from "./switch-flows.js";

/** The controller as a daemon's own part: switches come in by its listeners, or are connected to once. */
export async function startTestcontroller(context: DaemonContext): Promise<RunningDaemon> {
  const { host, log, options, operands, exit } = context;
  const settings = readTestcontrollerOptions(options);
  for (const warning of settings.warnings) host.process.stderr(`ovs-testcontroller: ${warning}\n`);
  const flows = readSwitchFlows(host.files, log, settings.flowFiles);
  const controller = new Testcontroller(host, log, settings, { ...settings, flows }, () => exit());
  await controller.open(operands);
  return { stop: () => controller.close() };
}

/** Milliseconds of a switch's silence after which it is asked whether it is there. */
const probeInterval = 60_000;

class Testcontroller {
  readonly #host: Host;
  readonly #log: Log;
  readonly #settings: TestcontrollerSettings;
  readonly #control: ControlSettings;
  readonly #ended: () => void;
  readonly #xids = new Xids();
  readonly #sessions = new Set<OpenFlowSession>();
  readonly #listeners: Listener[] = [];

  constructor(host: Host, log: Log, settings: TestcontrollerSettings, control: ControlSettings, ended: () => void) {
    this.#host = host;
    this.#log = log;
    this.#settings = settings;
    this.#control = control;
    this.#ended = ended;
  }

  /** Opens every connection method; throws `UserError` where none can be. */
  async open(names: readonly string[]): Promise<void> {
    const log = this.#log.module("controller");
    const opened = names.map(async (name) => {
      try {
        await this.#openOne(name);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        log.err(`${name}: connect: ${endText(error)}`);
      }
    });
    await Promise.all(opened);
    if (this.#listeners.length === 0 && this.#sessions.size === 0) {
      throw new UserError("no active or passive switch connections");
    }
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
    for (const session of this.#sessions) session.close();
  }

  async #openOne(name: string): Promise<void> {
    const target = resolveStreamName(name, directories(this.#host.process).run);
    const options: ConnectOptions = isTlsName(name)
      ? { tls: readTlsSettings(this.#host.files, name, this.#settings.tls) }
      : {};
    if (isPassiveName(name)) {
      this.#listeners.push(
        await listenOpenFlow(this.#host, this.#log, target, (stream) => this.#take(stream, stream.name), options),
      );
    } else this.#take(await connectOpenFlow(this.#host, this.#log, target, options), name);
  }

  #take(stream: Stream, name: string): void {
    const { clock } = this.#host;
    const context = { clock, log: this.#log, xids: this.#xids };
    const controlled = new ControlledSwitch(name, this.#control, context, () => {
      this.#sessions.delete(session);
      if (this.#sessions.size === 0 && this.#listeners.length === 0) this.#ended();
    });
    const session = OpenFlowSession.accepted(this.#host, this.#log, stream, controlled, {
      name,
      xids: this.#xids,
      versions: this.#settings.versions,
      probeInterval,
      plainEcho: this.#settings.mute,
    });
    controlled.send = (message) => void session.send(message);
    controlled.backlog = () => session.backlog();
    this.#sessions.add(session);
  }
}

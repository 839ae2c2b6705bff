import type { AppctlCommand } from "#runtime/command.js";
import type { DaemonSettings } from "#runtime/daemon-options.js";
import type { Vlog } from "#runtime/vlog.js";
import type { ToolIo } from "./io.js";

/** What a tool that goes on in the background is. */
export interface BackgroundContext {
  readonly program: string;
  readonly io: ToolIo;
  readonly log: Vlog;
  readonly settings: { readonly daemon: DaemonSettings; readonly unixctl: string | undefined };
  /** Has a signal that ends the process do this first. */
  onSignal(handler: () => void): void;
  /** Listens for `ovs-appctl` also where the program is not detached. */
  readonly alwaysServes?: true;
}

/** The process's life while a command goes on: its pidfile, `ovs-appctl` where it is detached, its end. */
export class Background {
  /** Settles when `ovs-appctl` asks the program to exit. */
  readonly ended: Promise<void>;
  readonly #ready: (keep: readonly number[]) => void;
  readonly #end: () => void;

  private constructor(ended: Promise<void>, ready: (keep: readonly number[]) => void, end: () => void) {
    this.ended = ended;
    this.#ready = ready;
    this.#end = end;
  }

  /** Claims the pidfile, and listens for commands where the program is to be detached. Throws `UserError`. */
  static async begin(context: BackgroundContext, commands: () => readonly AppctlCommand[]): Promise<Background> {
    const { daemon: settings } = context.settings;
    const forEver = new Promise<void>(() => {});
    const isDaemon =
      settings.detach || settings.pidfile !== undefined || settings.user !== undefined || settings.monitor;
    if (!isDaemon && !context.alwaysServes) {
      return new Background(
        forEver,
        () => {},
        () => {},
      );
    }
    // Most calls need none of this, which takes time to load.
    const { Daemon } = await import("#runtime/daemon.js");
    const { host } = context.io;
    const daemon = new Daemon(host, context.log, context.program, settings);
    daemon.begin();
    context.onSignal(() => daemon.end());
    const serves = settings.detach || context.alwaysServes;
    const served = serves ? await serve(context, commands) : { ended: forEver, close: () => {} };
    return new Background(
      served.ended,
      (keep) => daemon.ready(keep),
      () => {
        served.close();
        daemon.end();
      },
    );
  }

  /** The command has its first answer: whoever waits for the detached process is told. Descriptors to `keep` stay open. */
  ready(keep: readonly number[]): void {
    this.#ready(keep);
  }

  end(): void {
    this.#end();
  }
}

async function serve(
  { program, io, log, settings }: BackgroundContext,
  commands: () => readonly AppctlCommand[],
): Promise<{ readonly ended: Promise<void>; close(): void }> {
  const [{ controlSocketPath, UnixctlServer }, { daemonCommands }, { Coverage }] = await Promise.all([
    import("#runtime/unixctl-server.js"),
    import("#runtime/daemon-commands.js"),
    import("#runtime/coverage.js"),
  ]);
  const server = new UnixctlServer(log);
  const ended = new Promise<void>((resolve) => {
    server.register([
      ...daemonCommands({
        program,
        log,
        clock: io.host.clock,
        coverage: new Coverage(),
        memory: [],
        cleanup: false,
        exit: () => resolve(),
      }),
      ...commands(),
    ]);
  });
  const path = controlSocketPath(io.host, program, settings.unixctl);
  if (path !== undefined) await server.listen(io.host, path);
  return { ended, close: () => server.close() };
}

import type { Host } from "#host/host.js";
import { isPassiveName, isTlsName } from "#host/stream-name.js";
import { type Listener, type Stream, StreamError, type TlsSettings } from "#host/streams.js";
import { directories, resolveStreamName } from "#runtime/dirs.js";
import type { Log } from "#runtime/logger.js";
import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import type { TlsOptions } from "../tls-options.js";
import type { GlobalSettings } from "./global-options.js";
import { readTlsSettings } from "./tls-settings.js";

/** OVSDB's port. */
const defaultPort = 6640;
/** Milliseconds between attempts with `--retry`: the first pause and the longest. */
const firstPause = 1000;
const longestPause = 8000;

/** Why a connection failed or ended, in strerror's words. */
function failureText(error: unknown): string {
  return error instanceof HostError ? errnoText(error.code) : (error as Error).message;
}

/**
 * Connects to one of the remotes that `settings.remote` lists, or waits for the server to connect to a passive one. Throws
 * `UserError` in upstream's words where none answers, unless it is to try for ever.
 */
export async function connectDatabase(host: Host, settings: GlobalSettings, log: Log): Promise<Stream> {
  const remotes = settings.remote.split(",").map((name) => name.trim());
  if (settings.shuffleRemotes && remotes.length > 1) shuffle(remotes, host);
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    let failure: unknown;
    for (const remote of remotes) {
      try {
        return await connectRemote(host, remote, settings.tls);
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        complain(error, log);
        failure = error;
      }
    }
    if (!settings.retry) throw connectionFailed(settings.remote, failure);
    await new Promise<void>((resolve) => host.clock.after(pause, resolve));
  }
}

/** The error that ends a tool without a database. */
export function connectionFailed(remote: string, error: unknown): UserError {
  return new UserError(`${remote}: database connection failed (${failureText(error)})`);
}

function complain(error: HostError, log: Log): void {
  if (!(error instanceof StreamError)) return;
  for (const { module, level, message } of error.complaints) log.module(module).log(level, message);
}

/**
 * Connects to one remote, or waits for a peer to connect to a passive one; `onListening` is told when that begins. Rejects with
 * `StreamError`.
 */
export async function connectRemote(
  host: Host,
  remote: string,
  options: TlsOptions,
  onListening: (listener: Listener) => void = () => {},
): Promise<Stream> {
  const name = resolveStreamName(remote, directories(host.process).run);
  if (!isTlsName(name)) return open(host, name, undefined, onListening);
  const first = readTlsSettings(host.files, name, options);
  const stream = await open(host, name, first, onListening);
  if (first.bootstrapCa === undefined) return stream;
  // The first connection was only to learn the CA certificate; nothing is said on it.
  stream.destroy();
  return open(host, name, readTlsSettings(host.files, name, options), onListening);
}

function open(
  host: Host,
  name: string,
  tls: TlsSettings | undefined,
  onListening: (listener: Listener) => void,
): Promise<Stream> {
  const options = { defaultPort, tls };
  if (!isPassiveName(name)) return host.streams.connect(name, options);
  return new Promise((resolve, reject) => {
    const accept = (stream: Stream): void => {
      resolve(stream);
      listening.then((listener) => listener.close()).catch(reject);
    };
    const listening = host.streams.listen(name, accept, options);
    listening.then(onListening, reject);
  });
}

function shuffle(names: string[], host: Host): void {
  for (let i = names.length - 1; i > 0; i--) {
    const j = (host.random(1)[0] ?? 0) % (i + 1);
    [names[i], names[j]] = [names[j] as string, names[i] as string];
  }
}

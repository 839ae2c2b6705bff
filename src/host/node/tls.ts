import type { Server, Socket } from "node:net";
import { isIP } from "node:net";
import {
  type ConnectionOptions,
  connect,
  createServer,
  DEFAULT_CIPHERS,
  type SecureVersion,
  type TLSSocket,
} from "node:tls";
import type { Complaint, ConnectOptions, Stream, TlsSettings } from "../streams.js";
import { StreamError } from "../streams.js";
import { NodeStream } from "./node-stream.js";

const versions: readonly SecureVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

function missing(what: string): Complaint {
  return { module: "stream_ssl", level: "err", message: `${what} must be configured to use SSL` };
}

function settingsOf(name: string, options: ConnectOptions): TlsSettings {
  const complaints: Complaint[] = [];
  if (!options.tls?.privateKey) complaints.push(missing("Private key"));
  if (!options.tls?.certificate) complaints.push(missing("Certificate"));
  if (!options.tls || options.tls.caCertificate === "") complaints.push(missing("CA certificate"));
  if (!options.tls || complaints.length > 0) throw new StreamError(name, "ENOPROTOOPT", complaints);
  return options.tls;
}

/** What Node's TLS wants for `--private-key`, `--certificate`, `--ca-cert`, `--ssl-protocols`, `--ssl-ciphers` and `--ssl-ciphersuites`. */
function contextOptions(tls: TlsSettings): object {
  const named = versions.filter((v) => (tls.protocols ?? "TLSv1.2,TLSv1.3").split(/[,\s]+/).includes(v));
  return {
    key: tls.privateKey,
    cert: tls.certificate,
    ...(tls.caCertificate === undefined ? {} : { ca: tls.caCertificate }),
    ...cipherOption(tls),
    minVersion: named[0] ?? "TLSv1.2",
    maxVersion: named.at(-1) ?? "TLSv1.3",
    rejectUnauthorized: tls.caCertificate !== undefined,
  };
}

function areSame(a: TlsSettings, b: TlsSettings): boolean {
  const text = (tls: TlsSettings): string => JSON.stringify([contextOptions(tls), tls.bootstrapCa !== undefined]);
  return a === b || text(a) === text(b);
}

/** Node has the ciphers of TLS 1.2 and the suites of TLS 1.3 in one list; where only one kind is told, the other is as usual. */
function cipherOption({ ciphers, cipherSuites }: TlsSettings): { readonly ciphers?: string } {
  if (ciphers === undefined && cipherSuites === undefined) return {};
  const usual = (suites: boolean): string =>
    DEFAULT_CIPHERS.split(":")
      .filter((name) => name.startsWith("TLS_") === suites)
      .join(":");
  return { ciphers: `${cipherSuites ?? usual(true)}:${ciphers ?? usual(false)}` };
}

function commonNameOf(socket: TLSSocket): string | undefined {
  const name = socket.getPeerCertificate()?.subject?.CN as string | string[] | undefined;
  return Array.isArray(name) ? name[0] : name;
}

/** The self-signed certificate that the peer's chain ends in, as PEM. */
function rootOf(socket: TLSSocket): string | undefined {
  let certificate = socket.getPeerCertificate(true);
  // Only a certificate that signed itself is its own issuer.
  while (certificate.issuerCertificate && certificate.issuerCertificate !== certificate) {
    certificate = certificate.issuerCertificate;
  }
  if (!certificate.raw || certificate.issuerCertificate !== certificate) return undefined;
  const lines = certificate.raw.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** Without the CA's certificate in its chain, a peer can be verified neither now nor later. */
function unlearnable(name: string): StreamError {
  const message = "could not bootstrap CA cert: the peer sends no self-signed certificate";
  return new StreamError(name, "EPROTO", [{ module: "stream_ssl", level: "err", message }]);
}

/** Opens a TLS connection; `established` awaits the handshake and maps its errors. */
export async function connectTls(
  name: string,
  host: string,
  port: number,
  options: ConnectOptions,
  established: (socket: Socket, event: string) => Promise<void>,
): Promise<Stream> {
  const tls = settingsOf(name, options);
  const socket = startTls(name, {
    host,
    port,
    ...contextOptions(tls),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // Open vSwitch trusts whom the CA signed, whatever host name the certificate carries.
    checkServerIdentity: () => undefined,
  });
  socket.setNoDelay(true);
  await established(socket, "secureConnect");
  if (tls.bootstrapCa && tls.caCertificate === undefined) {
    const root = rootOf(socket);
    try {
      if (root === undefined) throw unlearnable(name);
      tls.bootstrapCa(root);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }
  return new NodeStream(socket, name, commonNameOf(socket));
}

/** Keys and certificates that do not fit each other make the call itself throw. */
function startTls(name: string, options: ConnectionOptions): TLSSocket {
  try {
    return connect(options);
  } catch (error) {
    const { message } = error as Error;
    throw new StreamError(name, "ENOPROTOOPT", [{ module: "stream_ssl", level: "err", message }]);
  }
}

/**
 * Makes a TLS server that asks every client for a certificate, and refuses it where a CA is set and did not sign it. Keys and certificates that have
 * changed in `options` since are those of the next client.
 */
export function createTlsServer(
  name: string,
  options: ConnectOptions,
  onSecure: (socket: Socket, commonName: string | undefined) => void,
): Server {
  let tls = settingsOf(name, options);
  const server = createServer({ ...contextOptions(tls), requestCert: true }, (socket) => {
    if (tls.bootstrapCa && tls.caCertificate === undefined) {
      // Nobody is served before there is a CA to verify him by.
      const root = rootOf(socket);
      socket.destroy();
      if (root !== undefined) tls.bootstrapCa(root);
      return;
    }
    socket.setNoDelay(true);
    onSecure(socket, commonNameOf(socket));
  });
  server.prependListener("connection", () => {
    const now = options.tls;
    if (now === undefined || areSame(now, tls)) return;
    try {
      server.setSecureContext(contextOptions(now));
      tls = now;
    } catch {
      // Files that do not fit each other, or are being written: those before stay.
    }
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}

import type { Files } from "#host/files.js";
import { type Complaint, StreamError, type TlsSettings } from "#host/streams.js";
import { errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { TlsOptions } from "../tls-options.js";

/**
 * Reads the files that the public key options name, for a connection called `name`. Where a CA certificate is to be learned from the
 * first connection and there is none yet, that connection saves it. Throws `StreamError` with upstream's complaints where keys or
 * certificates are missing.
 */
export function readTlsSettings(files: Files, name: string, options: TlsOptions): TlsSettings {
  const complaints: Complaint[] = [];
  const complain = (message: string): undefined => {
    complaints.push({ module: "stream_ssl", level: "err", message });
    return undefined;
  };
  const read = (file: string | undefined, what: string): string | undefined => {
    if (file === undefined) return complain(`${what} must be configured to use SSL`);
    try {
      return files.readText(file);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return complain(`failed to load ${what.toLowerCase()} from ${file}: ${errnoText(error.code)}`);
    }
  };
  const privateKey = read(options.privateKey, "Private key");
  const certificate = read(options.certificate, "Certificate");
  const extra = options.peerCaCertificate === undefined ? "" : read(options.peerCaCertificate, "Peer CA certificate");
  const bootstrap = options.bootstrapCaCertificate;
  const learn = options.caCertificate === undefined && bootstrap !== undefined && !files.exists(bootstrap);
  const unverified = learn || options.caCertificate === "none";
  const ca = unverified ? undefined : read(options.caCertificate ?? bootstrap, "CA certificate");
  if (privateKey === undefined || certificate === undefined || complaints.length > 0) {
    throw new StreamError(name, "ENOPROTOOPT", complaints);
  }
  return {
    privateKey,
    certificate: `${certificate}${extra ?? ""}`,
    ...(ca === undefined ? {} : { caCertificate: ca }),
    ...(learn ? { bootstrapCa: (pem: string) => files.write(bootstrap, pem, 0o444) } : {}),
    ...(options.protocols === undefined ? {} : { protocols: options.protocols }),
    ...(options.ciphers === undefined ? {} : { ciphers: options.ciphers }),
    ...(options.cipherSuites === undefined ? {} : { cipherSuites: options.cipherSuites }),
  };
}

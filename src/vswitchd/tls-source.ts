import type { Files } from "#host/files.js";
import { type ConnectOptions, StreamError, type TlsSettings } from "#host/streams.js";
import type { Log } from "#runtime/logger.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";

/** The public key options of ovs-vswitchd as given: file names and settings. */
export interface TlsFileOptions {
  readonly privateKey: string | undefined;
  readonly certificate: string | undefined;
  /** `none` leaves peers unverified. */
  readonly caCertificate: string | undefined;
  /** As `caCertificate`, but the first connection may make the file. */
  readonly bootstrapCaCertificate: string | undefined;
  /** Certificates to send along with our own, so that a peer can learn its CA. */
  readonly peerCaCertificate: string | undefined;
  readonly protocols: string | undefined;
  readonly ciphers: string | undefined;
  readonly cipherSuites?: string | undefined;
}

/** What the database says of keys: an SSL row. */
interface TlsRow {
  readonly private_key: string;
  readonly certificate: string;
  readonly ca_cert: string;
  readonly bootstrap_ca_cert: boolean;
}

/** Keys and certificates for `ssl:`. */
export interface TlsSource extends ConnectOptions {
  /** Has those of the database take the place of the command line's, and stay when the row goes, as upstream does. */
  use(row: TlsRow | undefined): void;
}

/** Options with what a row says; an empty name says nothing. */
function withRow(options: TlsFileOptions, row: TlsRow): TlsFileOptions {
  const ca = row.ca_cert || undefined;
  return {
    ...options,
    ...(row.private_key !== "" && row.certificate !== ""
      ? { privateKey: row.private_key, certificate: row.certificate }
      : {}),
    ...(ca === undefined
      ? {}
      : {
          caCertificate: row.bootstrap_ca_cert ? undefined : ca,
          bootstrapCaCertificate: row.bootstrap_ca_cert ? ca : undefined,
        }),
  };
}

/**
 * Options for connections to `ssl:` remotes, read from the files anew for each attempt: a CA certificate that one connection has
 * learned verifies the next. What cannot be read is logged once, here, and refused where a connection needs it.
 */
export function tlsConnectOptions(files: Files, options: TlsFileOptions, log: Log): TlsSource {
  const logger = log.module("stream_ssl");
  let now = options;
  const check = (): void => {
    readSettings(files, now, {
      unreadable: (what, file, error) => logger.log("err", complaintText(what, file, error)),
      learned: () => {},
    });
  };
  check();
  return {
    use(row) {
      if (row === undefined) return;
      const wanted = withRow(now, row);
      const isSame = (Object.keys(wanted) as (keyof TlsFileOptions)[]).every((key) => wanted[key] === now[key]);
      if (isSame) return;
      now = wanted;
      check();
    },
    get tls(): TlsSettings | undefined {
      return readSettings(files, now, {
        unreadable: () => {},
        learned: (path) => {
          logger.info(`successfully bootstrapped CA cert to ${path}`);
          logger.info("killing successful connection to retry using CA cert");
        },
      });
    },
  };
}

type Kind = "key" | "certificate" | "ca" | "peer-ca";

function complaintText(what: Kind, file: string, { code, text }: HostError): string {
  const number = (0x80000000 + errnoNumber(code)).toString(16).toUpperCase();
  const reason = `error:${number}:system library::${text}`;
  switch (what) {
    case "key":
      return `SSL_use_PrivateKey_file: ${reason}`;
    case "certificate":
      return `SSL_use_certificate_file: ${reason}`;
    case "ca":
      return `failed to load client certificates from ${file}: ${reason}`;
    case "peer-ca":
      return `failed to open ${file} for reading: ${text}`;
  }
}

interface Reader {
  unreadable(what: Kind, file: string, error: HostError): void;
  learned(path: string): void;
}

/** Empty texts stand for what is missing; a connection is refused with them. */
function readSettings(files: Files, options: TlsFileOptions, reader: Reader): TlsSettings {
  const read = (what: Kind, file: string | undefined): string => {
    if (file === undefined) return "";
    try {
      return files.readText(file);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      reader.unreadable(what, file, error);
      return "";
    }
  };
  const { protocols, ciphers, cipherSuites } = options;
  const certificate = read("certificate", options.certificate);
  const further = read("peer-ca", options.peerCaCertificate);
  return {
    privateKey: read("key", options.privateKey),
    certificate: certificate && further ? `${certificate.trimEnd()}\n${further}` : certificate,
    ...authority(files, options, reader, read),
    ...(protocols === undefined ? {} : { protocols }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(cipherSuites === undefined ? {} : { cipherSuites }),
  };
}

function authority(
  files: Files,
  { caCertificate, bootstrapCaCertificate }: TlsFileOptions,
  reader: Reader,
  read: (what: Kind, file: string | undefined) => string,
): Pick<TlsSettings, "caCertificate" | "bootstrapCa"> {
  const path = caCertificate ?? bootstrapCaCertificate;
  if (path === "none") return {};
  if (path === undefined || caCertificate !== undefined || files.exists(path))
    return { caCertificate: read("ca", path) };
  return { bootstrapCa: (pem) => learn(files, path, pem, reader) };
}

/** Keeps the CA certificate, and fails the attempt, so that the next one verifies the peer by it. */
function learn(files: Files, path: string, pem: string, reader: Reader): never {
  try {
    files.write(path, pem, 0o444);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const message = `could not bootstrap CA cert: creating ${path} failed: ${errnoText(error.code)}`;
    throw new StreamError(path, error.code, [{ module: "stream_ssl", level: "err", message }]);
  }
  reader.learned(path);
  throw new StreamError(path, "EPROTO", []);
}

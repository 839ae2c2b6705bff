import type { OptionRow } from "./options.js";

/** The options that name certificates and TLS settings, in the order that every program has them in. */
export const tlsOptionRows: readonly OptionRow[] = [
  { name: "private-key", short: "p", argument: "required" },
  { name: "certificate", short: "c", argument: "required" },
  { name: "ca-cert", short: "C", argument: "required" },
  { name: "ssl-protocols", argument: "required" },
  { name: "ssl-ciphers", argument: "required" },
  { name: "ssl-ciphersuites", argument: "required" },
];

/**
 * The part of a help text that tells of connection methods and of the options for TLS, as upstream prints it. `what` is connected to:
 * `database`, `SERVER`.
 */
export function streamUsage(what: string, methods: "active" | "active and passive"): string {
  const passive = `Passive ${what} connection methods:
  ptcp:PORT[:IP]          listen to TCP PORT on IP
  pssl:PORT[:IP]          listen for SSL on PORT on IP
  punix:FILE              listen on Unix domain socket FILE
`;
  return `Active ${what} connection methods:
  tcp:HOST:PORT           PORT at remote HOST
  ssl:HOST:PORT           SSL PORT at remote HOST
  unix:FILE               Unix domain socket named FILE
${methods === "active" ? "" : passive}PKI configuration (required to use SSL):
  -p, --private-key=FILE  file with private key
  -c, --certificate=FILE  file with certificate for private key
  -C, --ca-cert=FILE      file with peer CA certificate
  --bootstrap-ca-cert=FILE  file with peer CA certificate to read or create
SSL options:
  --ssl-protocols=PROTOS  list of SSL protocols to enable
  --ssl-ciphers=CIPHERS   list of SSL ciphers to enable
  --ssl-ciphersuites=SUITES  list of TLS 1.3 ciphersuites to enable
`;
}

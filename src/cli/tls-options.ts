/** Files and settings for `ssl:` remotes, as given. */
export interface TlsOptions {
  readonly privateKey?: string;
  readonly certificate?: string;
  readonly caCertificate?: string;
  readonly bootstrapCaCertificate?: string;
  readonly peerCaCertificate?: string;
  readonly protocols?: string;
  readonly ciphers?: string;
  readonly cipherSuites?: string;
}

/** What each of the options for TLS does to the settings, by its name. */
export function tlsActions(
  tls: { -readonly [K in keyof TlsOptions]: TlsOptions[K] },
): Readonly<Record<string, (value: string) => void>> {
  return {
    "private-key": (value) => void (tls.privateKey = value),
    certificate: (value) => void (tls.certificate = value),
    "ca-cert": (value) => void (tls.caCertificate = value),
    "ssl-protocols": (value) => void (tls.protocols = value),
    "ssl-ciphers": (value) => void (tls.ciphers = value),
    "ssl-ciphersuites": (value) => void (tls.cipherSuites = value),
    "bootstrap-ca-cert": (value) => void (tls.bootstrapCaCertificate = value),
    "peer-ca-cert": (value) => void (tls.peerCaCertificate = value),
  };
}

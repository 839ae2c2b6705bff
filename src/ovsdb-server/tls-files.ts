import type { Files } from "#host/files.js";
import type { TlsSettings } from "#host/streams.js";
import type { Row } from "#ovsdb/row.js";
import { databaseOf, isDbReference, requireStrings, resolveDbReference } from "./db-reference.js";
import type { StandaloneDatabase } from "./standalone-database.js";

/** The public key options as given: file names, or `db:DB,TABLE,COLUMN` for a column that holds one. */
export interface TlsOptions {
  readonly privateKey?: string;
  readonly certificate?: string;
  readonly caCertificate?: string;
  /** Where `--bootstrap-ca-cert` named the CA's file: it may be missing at first. */
  readonly bootstrap?: boolean;
  /** Certificates to send along with our own. */
  readonly peerCaCertificate?: string;
  readonly protocols?: string;
  readonly ciphers?: string;
  readonly cipherSuites?: string;
}

const fileOptions = ["privateKey", "certificate", "caCertificate", "peerCaCertificate"] as const;

/** Finds keys and certificates, in the database where the options say so, and reads them. */
export class TlsFiles {
  readonly #files: Files;
  readonly #options: TlsOptions;
  readonly #find: (name: string) => StandaloneDatabase | undefined;
  readonly #learned: (path: string) => void;
  #last: string;

  constructor(
    files: Files,
    options: TlsOptions,
    find: (name: string) => StandaloneDatabase | undefined,
    learned: (path: string) => void,
  ) {
    this.#files = files;
    this.#options = options;
    this.#find = find;
    this.#learned = learned;
    this.#last = this.#fingerprint();
  }

  /** The options that name columns. */
  references(): string[] {
    return fileOptions.map((name) => this.#options[name] ?? "").filter(isDbReference);
  }

  /** Throws `UserError` where one names no column of strings. */
  check(): void {
    for (const text of this.references()) {
      if (this.#find(databaseOf(text))?.isAvailable === false) continue;
      requireStrings(
        text,
        resolveDbReference(text, (name) => this.#find(name)?.schema),
      );
    }
  }

  /** Whether there is anything to look after. */
  get used(): boolean {
    return fileOptions.some((name) => this.#options[name] !== undefined);
  }

  /** Whether other files are meant than at the last call, or they say something else. */
  changed(): boolean {
    const now = this.#fingerprint();
    const changed = now !== this.#last;
    this.#last = now;
    return changed;
  }

  /**
   * What the files say now; undefined where key, certificate or CA certificate are not configured or cannot be read. Peers go
   * unverified only where the CA is `none`.
   */
  settings(): TlsSettings | undefined {
    const { protocols, ciphers, cipherSuites } = this.#options;
    const [privateKey, certificate, ca, peerCa] = fileOptions.map((name) => this.#read(this.#path(name)));
    const bootstrapCa = ca === undefined ? this.#bootstrap() : undefined;
    const verifies = this.#path("caCertificate") !== "none";
    if (!privateKey || !certificate || (verifies && !ca && !bootstrapCa)) return undefined;
    return {
      privateKey,
      certificate: peerCa ? `${certificate.trimEnd()}\n${peerCa}` : certificate,
      ...(ca ? { caCertificate: ca } : {}),
      ...(bootstrapCa ? { bootstrapCa } : {}),
      ...(protocols ? { protocols } : {}),
      ...(ciphers ? { ciphers } : {}),
      ...(cipherSuites ? { cipherSuites } : {}),
    };
  }

  /** With `--bootstrap-ca-cert`, what keeps the CA certificate of the first peer where there is no file of it yet. */
  #bootstrap(): ((pem: string) => void) | undefined {
    const path = this.#path("caCertificate");
    if (!this.#options.bootstrap || path === undefined || path === "none" || this.#files.exists(path)) return undefined;
    return (pem) => {
      // Another peer may have been the first.
      if (this.#files.exists(path)) return;
      this.#files.write(path, pem, 0o444);
      this.#last = this.#fingerprint();
      this.#learned(path);
    };
  }

  #fingerprint(): string {
    return fileOptions
      .map((name) => {
        const path = this.#path(name);
        return `${path ?? ""}\n${this.#read(path) ?? ""}`;
      })
      .join("\n");
  }

  #read(path: string | undefined): string | undefined {
    if (path === undefined || path === "none") return undefined;
    try {
      return this.#files.readTextIfExists(path);
    } catch {
      return undefined;
    }
  }

  /** The file that an option means: for a column, the first string in it that is not empty. */
  #path(option: (typeof fileOptions)[number]): string | undefined {
    const text = this.#options[option];
    if (text === undefined || !isDbReference(text)) return text;
    try {
      const { database, table, column } = resolveDbReference(text, (name) => this.#find(name)?.schema);
      for (const row of this.#find(database)?.rows(table.name) ?? ([] as Row[])) {
        for (const atom of row.data[column.index]?.keys ?? []) if (typeof atom === "string" && atom !== "") return atom;
      }
    } catch {
      // The database is not served at present.
    }
    return undefined;
  }
}

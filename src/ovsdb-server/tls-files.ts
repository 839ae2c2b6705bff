import type { Files } from "#host/files.js";
import type { TlsSettings } from "#host/streams.js";
import type { Row } from "#ovsdb/row.js";
import { isDbReference, requireStrings, resolveDbReference } from "./db-reference.js";
import type { StandaloneDatabase } from "./standalone-database.js";

/** The public key options as given: file names, or `db:DB,TABLE,COLUMN` for a column that holds one. */
export interface TlsOptions {
  readonly privateKey?: string;
  readonly certificate?: string;
  readonly caCertificate?: string;
  readonly protocols?: string;
  readonly ciphers?: string;
}

const fileOptions = ["privateKey", "certificate", "caCertificate"] as const;

/** Finds keys and certificates, in the database where the options say so, and reads them. */
export class TlsFiles {
  readonly #files: Files;
  readonly #options: TlsOptions;
  readonly #find: (name: string) => StandaloneDatabase | undefined;
  #last: string;

  constructor(files: Files, options: TlsOptions, find: (name: string) => StandaloneDatabase | undefined) {
    this.#files = files;
    this.#options = options;
    this.#find = find;
    this.#last = this.#fingerprint();
  }

  /** The options that name columns. */
  references(): string[] {
    return fileOptions.map((name) => this.#options[name] ?? "").filter(isDbReference);
  }

  /** Throws `UserError` where one names no column of strings. */
  check(): void {
    for (const text of this.references()) {
      requireStrings(
        text,
        resolveDbReference(text, (name) => this.#find(name)?.schema),
      );
    }
  }

  /** Whether other files are meant than at the last call. */
  changed(): boolean {
    const now = this.#fingerprint();
    const changed = now !== this.#last;
    this.#last = now;
    return changed;
  }

  /** What the files say now; undefined where none are configured. A file that cannot be read counts as not configured. */
  settings(): TlsSettings | undefined {
    const { protocols, ciphers } = this.#options;
    const [privateKey, certificate, caCertificate] = fileOptions.map((name) => this.#read(this.#path(name)));
    if (!privateKey || !certificate) return undefined;
    return {
      privateKey,
      certificate,
      ...(caCertificate ? { caCertificate } : {}),
      ...(protocols ? { protocols } : {}),
      ...(ciphers ? { ciphers } : {}),
    };
  }

  #fingerprint(): string {
    return fileOptions.map((name) => this.#path(name) ?? "").join("\n");
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

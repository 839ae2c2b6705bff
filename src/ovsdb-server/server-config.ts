import { isPassiveName } from "#host/stream-name.js";
import { isId } from "#ovsdb/atom.js";
import { isJsonObject, type JsonObject } from "#ovsdb/json-members.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import type { SourceOptions } from "./database-spec.js";
import { isDbReference } from "./db-reference.js";
import type { RemoteSettings } from "./remote.js";

/** A file served, by whatever service model it is of. */
interface FileConfig {
  readonly model: "file";
}

/** A file served that is kept equal to another server's database, or may be by another word. */
export interface BackupConfig {
  readonly model: "active-backup";
  readonly source: string;
  readonly options: SourceOptions;
  /** False for the active role, for which the source is noted only. */
  readonly backup: boolean;
  readonly excluded: ReadonlySet<string>;
}

/** A database of another server. */
interface RelayConfig {
  readonly model: "relay";
  readonly source: string;
  readonly options: SourceOptions;
}

export type DatabaseConfig = FileConfig | BackupConfig | RelayConfig;

/** What `--config-file` says: remotes by name; databases by the name of their file, or their own where they are relayed. */
export interface ServerConfig {
  readonly remotes: ReadonlyMap<string, RemoteSettings>;
  readonly databases: ReadonlyMap<string, DatabaseConfig>;
}

/** Reads the contents of a configuration file. Throws `UserError` that says where something is wrong. */
export function serverConfigFromJson(json: Json): ServerConfig {
  const config = new Section(json, "configuration");
  const remotes = new Map<string, RemoteSettings>();
  const databases = new Map<string, DatabaseConfig>();
  for (const [name, section] of config.sections("remotes")) remotes.set(name, remoteFrom(name, section));
  for (const [name, section] of config.sections("databases")) databases.set(name, databaseFrom(name, section));
  config.finish();
  return { remotes, databases };
}

function remoteFrom(name: string, section: Section): RemoteSettings {
  if (!isDbReference(name) && !/^p?(tcp|ssl|unix):/.test(name)) throw section.fault("is not a connection method");
  const role = section.string("role");
  const settings = {
    ...sessionOptions(section),
    readOnly: section.boolean("read-only") ?? false,
    ...(role === undefined || role === "" ? {} : { role }),
  };
  section.finish();
  return settings;
}

/** The options of any connection. */
function sessionOptions(section: Section): Pick<RemoteSettings, "maxBackoff" | "probeInterval"> {
  // Taken, as upstream takes it; Weft leaves the marking of packets to the kernel's default.
  section.integer("dscp", 0, 63);
  return {
    maxBackoff: section.integer("max-backoff", 0, 2 ** 31 - 1),
    probeInterval: section.integer("inactivity-probe", 0, 2 ** 31 - 1),
  };
}

function databaseFrom(name: string, section: Section): DatabaseConfig {
  const model = section.string("service-model") ?? "standalone";
  switch (model) {
    case "standalone":
    case "clustered":
      section.finish();
      return { model: "file" };
    case "relay": {
      if (!isId(name) || name.startsWith("_")) throw section.fault("is not the name of a database that can be relayed");
      const relay = { model, ...sourceFrom(section) } as const;
      section.finish();
      return relay;
    }
    case "active-backup": {
      const backup = section.boolean("backup") ?? false;
      const excluded = new Set(section.strings("exclude-tables"));
      const config = { model, ...sourceFrom(section), backup, excluded } as const;
      section.finish();
      return config;
    }
    default:
      throw section.fault(`has the unknown service model "${model}"`);
  }
}

/** The one server that a database comes from, and how the connection to it is kept. */
function sourceFrom(section: Section): { readonly source: string; readonly options: SourceOptions } {
  const sources = [...section.sections("source")];
  const [first] = sources;
  if (!first || sources.length > 1) throw section.fault('needs one "source"');
  const [source, options] = first;
  if (isPassiveName(source.split(",")[0]!.trim())) throw options.fault("is not an active connection method");
  const found = sessionOptions(options);
  options.finish();
  return { source, options: found };
}

/** An object of the file, whose members are asked for by name and type; those nobody asked for are refused. */
class Section {
  readonly #json: JsonObject;
  readonly #what: string;
  readonly #seen = new Set<string>();

  constructor(json: Json, what: string) {
    this.#what = what;
    // Nothing at all stands for no options.
    if (!isJsonObject(json ?? {})) throw this.fault("is not a JSON object");
    this.#json = (json ?? {}) as JsonObject;
  }

  string(name: string): string | undefined {
    return this.#take(name, "a string", (value) => typeof value === "string") as string | undefined;
  }

  boolean(name: string): boolean | undefined {
    return this.#take(name, "true or false", (value) => typeof value === "boolean") as boolean | undefined;
  }

  integer(name: string, least: number, most: number): number | undefined {
    const fits = (value: Json): boolean => Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
    return this.#take(name, `an integer from ${least} to ${most}`, fits) as number | undefined;
  }

  strings(name: string): readonly string[] {
    const fits = (value: Json): boolean => Array.isArray(value) && value.every((item) => typeof item === "string");
    return (this.#take(name, "an array of strings", fits) ?? []) as readonly string[];
  }

  /** The members of a member, each a section. */
  sections(name: string): Iterable<[string, Section]> {
    const members = (this.#take(name, "an object", (value) => isJsonObject(value)) ?? {}) as JsonObject;
    return Object.entries(members).map(([member, json]) => [member, new Section(json, `"${member}" of "${name}"`)]);
  }

  finish(): void {
    const unknown = Object.keys(this.#json).find((name) => !this.#seen.has(name));
    if (unknown !== undefined) throw this.fault(`has the unknown member "${unknown}"`);
  }

  fault(what: string): UserError {
    return new UserError(`${this.#what} ${what}`);
  }

  #take(name: string, kind: string, fits: (value: Json) => boolean): Json | undefined {
    const value = Object.hasOwn(this.#json, name) ? this.#json[name]! : null;
    this.#seen.add(name);
    if (value === null) return undefined;
    if (!fits(value)) throw this.fault(`has a "${name}" that is not ${kind}`);
    return value;
  }
}

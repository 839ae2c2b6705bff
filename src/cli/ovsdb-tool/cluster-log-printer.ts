import { type ClusterHeader, clusterHeaderFromJson } from "#ovsdb/cluster/cluster-header.js";
import { type ClusterRecord, clusterRecordFromJson } from "#ovsdb/cluster/cluster-record.js";
import { formatServerList, shortId } from "#ovsdb/cluster/server-list.js";
import { OvsdbError } from "#ovsdb/error.js";
import { isJsonObject } from "#ovsdb/json-members.js";
import type { LogRecord } from "#ovsdb-server/log-reader.js";
import type { Json } from "#util/json.js";
import type { ToolContext } from "./tool-command.js";
import { TransactionPrinter } from "./transaction-printer.js";

type Member = readonly [name: string, value: string | bigint | undefined];

/** Prints the records of a clustered database for `show-log`. */
export class ClusterLogPrinter {
  readonly #context: ToolContext;
  readonly #transactions: TransactionPrinter;

  constructor(context: ToolContext) {
    this.#context = context;
    this.#transactions = new TransactionPrinter(context);
  }

  print(number: number, json: LogRecord): void {
    this.#out(`record ${number}:\n`);
    let record: ClusterHeader | ClusterRecord;
    try {
      record = number === 0 ? clusterHeaderFromJson(json) : clusterRecordFromJson(json);
    } catch (error) {
      if (!(error instanceof OvsdbError)) throw error;
      this.#out(`${error.message}\n\n`);
      return;
    }
    if (record.kind === "member" || record.kind === "joining") this.#header(record);
    else this.#record(record);
  }

  #header(header: ClusterHeader): void {
    // The quotes are upstream's.
    this.#out(` name: "${header.name}'\n local address: "${header.localAddress}"\n`);
    const { clusterId } = header;
    this.#members([
      ["server_id", shortId(header.serverId)],
      ["cluster_id", clusterId && shortId(clusterId)],
    ]);
    if (header.kind === "joining") {
      this.#members([["remote_addresses", header.remotes.join(" ")]]);
      this.#data("", undefined, undefined);
      return;
    }
    const snapshot = header.index === 0n ? undefined : header;
    this.#members([
      ["prev_index", snapshot?.index],
      ["prev_term", snapshot?.term],
      ["prev_servers", formatServerList(header.servers)],
    ]);
    this.#data("prev_", snapshot?.data, snapshot?.entryId);
  }

  #record(record: ClusterRecord): void {
    this.#members([["comment", quoted(record.comment)]]);
    switch (record.kind) {
      case "note":
        this.#members([["note", quoted(record.note)]]);
        break;
      case "commit":
        this.#members([["commit_index", record.index]]);
        break;
      case "term":
        this.#members([["term", record.term]]);
        break;
      case "vote":
        this.#members([
          ["term", record.term],
          ["vote", shortId(record.vote)],
        ]);
        break;
      case "leader":
        this.#members([
          ["term", record.term],
          ["leader", shortId(record.leader)],
        ]);
        break;
      case "entry":
        this.#members([
          ["term", record.term],
          ["index", record.index],
          ["servers", record.servers && formatServerList(record.servers)],
        ]);
        this.#data("", record.data, record.entryId);
        return;
    }
    this.#out("\n");
  }

  #data(prefix: string, data: Json | undefined, entryId: string | undefined): void {
    this.#members([[`${prefix}eid`, entryId && shortId(entryId)]]);
    const [schema, transaction] = Array.isArray(data) ? (data as readonly Json[]) : [];
    if (isJsonObject(schema))
      this.#out(` ${prefix}schema: ${this.#transactions.haveSchema(schema).replace(" schema", "")}\n`);
    if (isJsonObject(transaction) && Object.keys(transaction).length > 0) this.#transactions.print(transaction);
    else this.#out("\n");
  }

  #members(members: readonly Member[]): void {
    for (const [name, value] of members) if (value !== undefined) this.#out(` ${name}: ${value}\n`);
  }

  #out(text: string): void {
    this.#context.io.stdout(text);
  }
}

function quoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `"${text}"`;
}

import type { JsonObject } from "#ovsdb/json-members.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { LogMagic } from "#ovsdb-server/log-header.js";
import type { LogRecord } from "#ovsdb-server/log-reader.js";
import { formatJson } from "#util/json-text.js";
import { ClusterLogPrinter } from "./cluster-log-printer.js";
import { openLog } from "./log-access.js";
import type { ToolCommand, ToolContext } from "./tool-command.js";
import { TransactionPrinter } from "./transaction-printer.js";

/** Prints a database's log: a line for each record, with `-m` the rows it changed, with `-mm` their columns too. */
export const showLog: ToolCommand = {
  name: "show-log",
  usage: "[db]",
  minArgs: 0,
  maxArgs: 1,
  run(context, [path = context.defaultDatabase]) {
    const log = openLog(context, path, "read");
    try {
      const printer = printerFor(context, log.magic);
      for (let number = 0; ; number++) {
        const record = log.next();
        if (!record) break;
        printer.print(number, record);
      }
      printer.end?.();
      return 0;
    } finally {
      log.close();
    }
  },
};

interface LogPrinter {
  print(number: number, record: LogRecord): void;
  end?(): void;
}

function printerFor(context: ToolContext, magic: LogMagic): LogPrinter {
  const clustered = magic === "CLUSTER";
  if (context.json) return new JsonLogPrinter(context, clustered ? (_number, record) => record : describeRecord);
  return clustered ? new ClusterLogPrinter(context) : new StandaloneLogPrinter(context);
}

/** Prints an array with an object for each record, whatever `-m` says; a line each, for a log may be long. */
class JsonLogPrinter implements LogPrinter {
  readonly #context: ToolContext;
  readonly #describe: (number: number, record: LogRecord) => JsonObject;
  #before = "[";

  constructor(context: ToolContext, describeIt: (number: number, record: LogRecord) => JsonObject) {
    this.#context = context;
    this.#describe = describeIt;
  }

  print(number: number, record: LogRecord): void {
    const what = this.#describe(number, record);
    this.#context.io.stdout(`${this.#before}${formatJson({ record: number, ...what })}`);
    this.#before = ",\n ";
  }

  end(): void {
    this.#context.io.stdout(this.#before === "[" ? "[]\n" : "]\n");
  }
}

function describeRecord(number: number, record: LogRecord): JsonObject {
  if (number === 0) return { schema: describeSchema(record) };
  const { _date: date, _comment: comment, _is_diff: isDiff, ...tables } = record;
  return { date: date ?? null, comment: comment ?? null, is_diff: isDiff ?? false, tables };
}

function describeSchema(record: LogRecord): JsonObject {
  const { name, version, cksum } = schemaFromJson(record);
  return { name, version, cksum };
}

class StandaloneLogPrinter implements LogPrinter {
  readonly #context: ToolContext;
  readonly #transactions: TransactionPrinter;

  constructor(context: ToolContext) {
    this.#context = context;
    this.#transactions = new TransactionPrinter(context);
  }

  print(number: number, record: LogRecord): void {
    this.#context.io.stdout(`record ${number}:`);
    if (number > 0) this.#transactions.print(record);
    else this.#context.io.stdout(` ${this.#transactions.haveSchema(record)}\n\n`);
  }
}

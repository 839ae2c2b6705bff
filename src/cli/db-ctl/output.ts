import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { TablePrinter, TextTable } from "#util/text-table.js";

/** How a command line's output is printed. */
export interface OutputStyle {
  readonly oneline: boolean;
  /** `--format=json` was given: commands that have data print that. */
  readonly json: boolean;
  readonly pretty: boolean;
}

/** What one command has to say. The UUIDs of new rows are known only after the transaction. */
export class Output {
  readonly #text: string[] = [];
  #table: TextTable | undefined;
  #data: Json | undefined;

  /** Adds text; its lines end with a newline. */
  print(text: string): void {
    this.#text.push(text);
  }

  /** The table to print in place of text. */
  setTable(table: TextTable): void {
    this.#table = table;
  }

  /** The same as the text, as data. */
  setData(data: Json): void {
    this.#data = data;
  }

  /** `finalUuid` gives the UUID that the server has given a row for the one it had in the transaction. */
  format(style: OutputStyle, tables: TablePrinter, finalUuid: (text: string) => string): string {
    if (this.#table !== undefined) return tables.print(this.#table);
    if (style.json && this.#data !== undefined) {
      return `${finalUuid(formatJson(this.#data, { pretty: style.pretty }))}\n`;
    }
    const text = finalUuid(this.#text.join(""));
    return style.oneline ? oneLine(text) : text;
  }
}

/** The text on one line: the last newline goes, others become `\n`, backslashes are doubled. */
function oneLine(text: string): string {
  return `${text.replace(/\n$/, "").replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`;
}

import type { Json } from "./json.js";
import { formatJson } from "./json-text.js";

/** The formats of `--format`. */
export const tableFormats = ["table", "list", "html", "csv", "json"] as const;
type TableFormat = (typeof tableFormats)[number];

/** The formats of `--data`. */
export const cellFormats = ["string", "bare", "json"] as const;
type CellFormat = (typeof cellFormats)[number];

/** What one cell holds: its text in the two text formats, and as JSON. Only what the style asks for is computed. */
export interface TableCell {
  string(): string;
  bare(): string;
  json(): Json;
  /** Plain text, which `--data` does not change. */
  readonly plain?: true;
}

/** How tables are printed: the table formatting options that the tools share. */
export interface TableStyle {
  readonly format: TableFormat;
  readonly cells: CellFormat;
  readonly headings: boolean;
  /** JSON over several lines. */
  readonly pretty: boolean;
  /** Widest column of the `table` format, in bytes; 0 for any width. */
  readonly maxColumnWidth: number;
}

/** A table to print: an optional caption, headings, and rows with a cell for each heading. */
export interface TextTable {
  readonly caption?: string | undefined;
  /** When it was made: a line above the table, or the member `time`. */
  readonly time?: string | undefined;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly TableCell[])[];
}

/** A cell that holds plain text, which `--data` does not change. */
export function textCell(text: string): TableCell {
  return { string: () => text, bare: () => text, json: () => text, plain: true };
}

/** A cell of a row that has nothing there. */
export const noCell: TableCell = { string: () => "", bare: () => "", json: () => null, plain: true };

/** Prints tables one after the other in one style, with the blank lines that go between them. */
export class TablePrinter {
  readonly #style: TableStyle;
  #printed = false;

  constructor(style: TableStyle) {
    this.#style = style;
  }

  /** The next table's text, with a newline at the end of each line. */
  print(table: TextTable): string {
    const { format } = this.#style;
    const between = this.#printed && format !== "json" && format !== "html" ? "\n" : "";
    this.#printed = true;
    return between + formatTable(table, this.#style);
  }
}

/** One table's text. */
export function formatTable(table: TextTable, style: TableStyle): string {
  switch (style.format) {
    case "table":
      return caption(table) + formatColumns(table, style);
    case "list":
      return caption(table) + formatList(table, style);
    case "html":
      return formatHtml(table, style);
    case "csv":
      return caption(table) + formatCsv(table, style);
    case "json":
      return formatTableJson(table, style);
  }
}

function caption(table: TextTable): string {
  return timeLine(table) + (table.caption === undefined ? "" : `${table.caption}\n`);
}

function timeLine(table: TextTable): string {
  return table.time === undefined ? "" : `${table.time}\n`;
}

function cellText(cell: TableCell, style: TableStyle): string {
  if (cell.plain) return cell.string();
  if (style.cells === "json") return formatJson(cell.json(), { sorted: true });
  return style.cells === "bare" ? cell.bare() : cell.string();
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/** Aligned columns; widths count bytes, as upstream does. Lines do not end in spaces. */
function formatColumns(table: TextTable, style: TableStyle): string {
  const cells = table.rows.map((row) => row.map((cell) => cellText(cell, style)));
  const widths = table.headings.map((heading, i) => {
    const widest = cells.reduce((max, row) => Math.max(max, byteLength(row[i] ?? "")), 0);
    const limited = style.maxColumnWidth > 0 ? Math.min(widest, style.maxColumnWidth) : widest;
    return style.headings ? Math.max(limited, byteLength(heading)) : limited;
  });
  const line = (texts: readonly string[]): string => {
    const padded = texts.map((text, i) => {
      const cut = truncate(text, widths[i] ?? 0);
      return cut + " ".repeat((widths[i] ?? 0) - byteLength(cut));
    });
    return `${padded.join(" ").replace(/ +$/, "")}\n`;
  };
  const head = style.headings ? line(table.headings) + line(widths.map((width) => "-".repeat(width))) : "";
  return head + cells.map(line).join("");
}

/** At most `bytes` bytes of UTF-8, whole characters only. */
function truncate(text: string, bytes: number): string {
  if (byteLength(text) <= bytes) return text;
  let kept = "";
  let size = 0;
  for (const character of text) {
    size += byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return kept;
}

function formatList(table: TextTable, style: TableStyle): string {
  const records = table.rows.map((row) =>
    row
      .map((cell, i) => {
        const heading = style.headings ? `${(table.headings[i] ?? "").padEnd(20)}: ` : "";
        return `${heading}${cellText(cell, style)}\n`;
      })
      .join(""),
  );
  return records.join("\n");
}

function formatHtml(table: TextTable, style: TableStyle): string {
  const line = (element: string, texts: readonly string[]): string =>
    `  <tr>\n${texts.map((text) => `    <${element}>${text}</${element}>\n`).join("")}  </tr>\n`;
  const title = table.caption === undefined ? "" : `    <caption>${htmlText(table.caption)}</caption>\n`;
  const head = style.headings ? line("th", table.headings.map(htmlText)) : "";
  const rows = table.rows.map((row) =>
    line(
      "td",
      row.map((cell, i) => {
        const text = cellText(cell, style);
        return table.headings[i] === "_uuid" ? anchor(text) : htmlText(text);
      }),
    ),
  );
  return `${timeLine(table)}<table border=1>\n${title}${head}${rows.join("")}</table>\n`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const uuids = /\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

/** A row's own UUID is what links to the row lead to; its first eight digits are shown. */
function anchor(text: string): string {
  return `<a name="${escapeHtml(text)}">${escapeHtml(text.slice(0, 8))}</a>`;
}

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (c) => entities[c] ?? c);

/** Escapes text; a UUID becomes a link to itself that shows its first eight digits. */
function htmlText(text: string): string {
  return escapeHtml(text).replace(uuids, '<a href="#$&">$1</a>');
}

function formatCsv(table: TextTable, style: TableStyle): string {
  const line = (texts: readonly string[]): string => `${texts.map(csvText).join(",")}\n`;
  const rows = table.rows.map((row) => line(row.map((cell) => cellText(cell, style))));
  return (style.headings ? line(table.headings) : "") + rows.join("");
}

/** A field of RFC 4180: quoted where it holds a separator, a quote or a line break. */
function csvText(text: string): string {
  return /["\n\r,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function formatTableJson(table: TextTable, style: TableStyle): string {
  const json: Json = {
    ...(table.caption === undefined ? {} : { caption: table.caption }),
    data: table.rows.map((row) => row.map((cell) => cell.json())),
    headings: [...table.headings],
    ...(table.time === undefined ? {} : { time: table.time }),
  };
  return `${formatJson(json, { sorted: true, pretty: style.pretty })}\n`;
}

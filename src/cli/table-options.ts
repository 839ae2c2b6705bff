import type { OptionRow } from "#runtime/options.js";
import { UserError } from "#util/errors.js";
import { cellFormats, type TableStyle, tableFormats } from "#util/text-table.js";

/** The options that say how tables are printed. */
export const tableOptionRows: readonly OptionRow[] = [
  { name: "format", short: "f", argument: "required" },
  { name: "data", short: "d", argument: "required" },
  { name: "no-headings", argument: "none" },
  { name: "pretty", argument: "none" },
  { name: "bare", argument: "none" },
  { name: "max-column-width", argument: "required" },
];

/** A style that is being read. */
export type WritableTableStyle = { -readonly [K in keyof TableStyle]: TableStyle[K] };

/** What each of the options does to a style, by its name. Each throws `UserError` at a value that it does not know. */
export function tableActions(style: WritableTableStyle): Readonly<Record<string, (value: string) => void>> {
  return {
    format: (value) => void (style.format = oneOf(tableFormats, value, "output")),
    data: (value) => void (style.cells = oneOf(cellFormats, value, "data")),
    "no-headings": () => void (style.headings = false),
    pretty: () => void (style.pretty = true),
    bare: () => void Object.assign(style, { format: "list", cells: "bare", headings: false }),
    "max-column-width": (value) => void (style.maxColumnWidth = Math.max(0, Number.parseInt(value, 10) || 0)),
  };
}

function oneOf<T extends string>(known: readonly T[], value: string, what: string): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new UserError(`unknown ${what} format "${value}"`);
  return found;
}

/** The part of a help text that tells of them, as upstream prints it. */
export const tableUsage: string = `Output formatting options:
  -f, --format=FORMAT         set output formatting to FORMAT
                              ("table", "html", "csv", or "json")
  -d, --data=FORMAT           set table cell output formatting to
                              FORMAT ("string", "bare", or "json")
  --no-headings               omit table heading row
  --pretty                    pretty-print JSON in output
  --bare                      equivalent to "--format=list --data=bare --no-headings"
`;

import { describe, expect, it } from "vitest";
import { formatTable, TablePrinter, type TableStyle, type TextTable, textCell } from "./text-table.js";

const plain: TableStyle = { format: "table", cells: "string", headings: true, pretty: false, maxColumnWidth: 0 };
const table: TextTable = {
  headings: ["name", "external_ids"],
  rows: [
    [textCell("br0"), textCell('{a="b,c"}')],
    [textCell("a long one"), textCell("")],
  ],
};

describe("formatTable", () => {
  it("aligns columns, without spaces at the end of lines", () => {
    expect(formatTable(table, plain)).toBe(
      'name       external_ids\n---------- ------------\nbr0        {a="b,c"}\na long one\n',
    );
  });

  it("counts bytes for widths and cuts whole characters", () => {
    const wide = { headings: ["a", "b"], rows: [[textCell("é→x"), textCell("1")]] };
    expect(formatTable(wide, plain)).toBe("a      b\n------ -\né→x 1\n");
    expect(formatTable(wide, { ...plain, maxColumnWidth: 4 })).toBe("a    b\n---- -\né   1\n");
    expect(formatTable(wide, { ...plain, maxColumnWidth: 5, headings: false })).toBe("é→ 1\n");
  });

  it("keeps headings whole where columns are narrower", () => {
    expect(formatTable(table, { ...plain, maxColumnWidth: 3 })).toBe(
      'name external_ids\n---- ------------\nbr0  {a="b,c"}\na lo\n',
    );
  });

  it("lists records with an empty line between", () => {
    expect(formatTable(table, { ...plain, format: "list" })).toBe(
      'name                : br0\nexternal_ids        : {a="b,c"}\n\nname                : a long one\nexternal_ids        : \n',
    );
    expect(formatTable(table, { ...plain, format: "list", headings: false })).toBe('br0\n{a="b,c"}\n\na long one\n\n');
  });

  it("quotes CSV as RFC 4180 does", () => {
    expect(formatTable(table, { ...plain, format: "csv" })).toBe('name,external_ids\nbr0,"{a=""b,c""}"\na long one,\n');
  });

  it("escapes HTML and links UUIDs", () => {
    const uuid = "11111111-2222-3333-4444-555555555555";
    const row = { caption: "X table", headings: ["<h>"], rows: [[textCell(`[${uuid}] & "q"`)]] };
    expect(formatTable(row, { ...plain, format: "html" })).toBe(
      "<table border=1>\n    <caption>X table</caption>\n  <tr>\n    <th>&lt;h&gt;</th>\n  </tr>\n" +
        `  <tr>\n    <td>[<a href="#${uuid}">11111111</a>] &amp; &quot;q&quot;</td>\n  </tr>\n</table>\n`,
    );
  });

  it("gives JSON with sorted members, headings or not", () => {
    const style = { ...plain, format: "json", headings: false } as const;
    expect(formatTable({ ...table, caption: "T" }, style)).toBe(
      '{"caption":"T","data":[["br0","{a=\\"b,c\\"}"],["a long one",""]],"headings":["name","external_ids"]}\n',
    );
    expect(formatTable({ headings: ["a"], rows: [[textCell("x")]] }, { ...style, pretty: true })).toBe(
      '{\n  "data": [\n    [\n      "x"]],\n  "headings": [\n    "a"]}\n',
    );
  });
});

describe("TablePrinter", () => {
  it("puts an empty line between tables, but not in HTML and JSON", () => {
    const one = { caption: "T", headings: ["a"], rows: [] };
    const twice = (format: TableStyle["format"]): string => {
      const printer = new TablePrinter({ ...plain, format });
      return printer.print(one) + printer.print(one);
    };
    expect(twice("table")).toBe("T\na\n-\n\nT\na\n-\n");
    expect(twice("list")).toBe("T\n\nT\n");
    expect(twice("csv")).toBe("T\na\n\nT\na\n");
    expect(twice("json").split("\n")).toHaveLength(3);
  });
});

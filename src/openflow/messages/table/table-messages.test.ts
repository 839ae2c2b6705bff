import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unhex } from "#util/hex.js";
import { OfpError } from "../../ofp-error.js";
import { OF11, OF13, OF14 } from "../../version.js";
import { decodeMessage, encodeMessage } from "../codec.js";
import { formatMessage, formatMessageBytes } from "../print.js";
import { noInstructions, type TableFeatures } from "./features-model.js";
import { formatTableFeatures } from "./features-text.js";
import { formatNames } from "./field-names.js";
import { parseTableSetting } from "./table-mod.js";

const features: TableFeatures = {
  table: 0,
  name: "",
  metadataMatch: 0n,
  metadataWrite: 0n,
  miss: "default",
  maxEntries: 5,
  nonMiss: { ...noInstructions, next: [1, 2, 3], instructions: ["goto_table"] },
  onMiss: { ...noInstructions, next: [1, 2, 3], instructions: ["goto_table"] },
  match: ["eth_type", "ip_src", "ip_dst"],
  mask: ["ip_src"],
  wildcard: ["ip_src", "ip_dst"],
};
const withNext = (table: number, next: readonly number[]): TableFeatures => ({
  ...features,
  table,
  nonMiss: { ...features.nonMiss, next },
  onMiss: { ...features.onMiss, next },
});

describe("names of fields", () => {
  it.each([
    ["ip_src", "ip_src"],
    ["ip_src ip_dst", "ip_{src,dst}"],
    ["reg0 reg1", "reg0 reg1"],
    ["reg0 reg1 reg2 reg4", "reg0...reg2 reg4"],
    ["nsh_c1 nsh_c2 nsh_c3", "nsh_c1...nsh_c3"],
    ["nsh_flags nsh_c1 nsh_c2 nsh_c3", "nsh_{flags,c1...c3}"],
    ["tun_id tun_ipv6_src tun_ipv6_dst tun_flags", "tun_{id,ipv6_{src,dst},flags}"],
    ["in_port in_port_oxm", "in_{port,port_oxm}"],
    ["tun_gbp_id tun_gbp_flags tun_erspan_idx", "tun_gbp_{id,flags,an_idx}"],
  ])("%s in short", (names, short) => {
    expect(formatNames(names.split(" "))).toBe(short);
  });
});

describe("table features", () => {
  it("that are as the table's before are ditto, though that one may also go there", () => {
    const text = formatTableFeatures([withNext(0, [1, 2, 3]), withNext(1, [2, 3]), withNext(2, [3]), withNext(3, [1])]);
    expect(text).toBe(`
  table 0:
    max_entries=5
    instructions (table miss and others):
      next tables: 1-3
      instructions: goto_table
    matching:
      arbitrary mask: ip_src
      exact match or wildcard: ip_dst
      must exact match: eth_type

  tables 1...2: ditto

  table 3:
    max_entries=5
    instructions (table miss and others):
      next tables: 1
      (same instructions)
    (same matching)
`);
  });

  it("are read as they were written", () => {
    const body = { kind: "table_features_reply", tables: [features, withNext(7, [8])] } as const;
    expect(decodeMessage(encodeMessage(body, OF13, 1)).body).toEqual(body);
  });

  it("without all that they must have are refused", () => {
    const complaints: string[] = [];
    const bytes = unhex(`041300500000000100${"0c000000000000"}0040${"00".repeat(62)}`)!;
    expect(() => decodeMessage(bytes, (module, text) => complaints.push(`${module}|${text}`))).toThrow(
      "OFPTFFC_BAD_FEATURES",
    );
    expect(complaints).toEqual([
      "ofp_table|table features message missing 8 required properties, including property 0",
    ]);
  });
});

describe("table counters", () => {
  it("that are the same are told once", () => {
    const tables = [0, 1, 2, 3].map((table) => ({ table, active: 0, lookups: 0n, matches: table === 3 ? 1n : 0n }));
    const message = decodeMessage(encodeMessage({ kind: "table_stats_reply", tables }, OF13, 2));
    expect(formatMessage(message)).toBe(`OFPST_TABLE reply (OF1.3) (xid=0x2):
  table 0:
    active=0, lookup=0, matched=0

  tables 1...2: ditto

  table 3:
    active=0, lookup=0, matched=1`);
  });
});

describe("mod-table's settings", () => {
  it("are of the versions that have them", () => {
    expect(parseTableSetting(3, "drop")).toEqual({
      mod: { kind: "table_mod", table: 3, miss: "drop" },
      versions: [2, 3],
    });
    expect(parseTableSetting(3, "vacancy:20,80")).toEqual({
      mod: { kind: "table_mod", table: 3, miss: "default", vacancy: true, vacancyLimits: { down: 20, up: 80 } },
      versions: [5, 6],
    });
    expect(parseTableSetting(3, "noevict").mod.eviction).toBe(false);
  });

  it.each([
    ["bogus", "invalid table_mod setting bogus"],
    ["vacancy", "Vacancy down value missing"],
    ["vacancy:5", "Vacancy up value missing"],
    ["vacancy:x,y", 'Invalid vacancy down value "x"'],
    ["vacancy:0,101", 'Invalid vacancy up value "101"'],
    ["vacancy:80,20", "Invalid vacancy range, vacancy up should be greater than vacancy down (OFPBPC_BAD_VALUE)"],
  ])("%s is refused", (text, words) => {
    expect(() => parseTableSetting(0, text)).toThrow(words);
  });

  it("go over the wire", () => {
    const { mod } = parseTableSetting(3, "vacancy:20,80");
    expect(formatMessage(decodeMessage(encodeMessage(mod, OF14, 1)))).toBe(
      "OFPT_TABLE_MOD (OF1.4) (xid=0x1): table_id=3, eviction=off, vacancy=on vacancy:20,80",
    );
    const drop = encodeMessage(parseTableSetting(255, "drop").mod, OF11, 1);
    expect(formatMessageBytes(drop)).toBe(
      "OFPT_TABLE_MOD (OF1.1) (xid=0x1): table_id: ALL_TABLES, flow_miss_config=drop\n",
    );
  });
});

describe("any bytes", () => {
  it("are read as a message about tables or are an OpenFlow error", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom([19, 12], [19, 3], [19, 14], [17, 3], [17], [31]),
        fc.uint8Array({ maxLength: 300 }),
        (version, [type, stat], rest) => {
          const head = stat === undefined ? [] : [0, stat, 0, 0, ...(version === 1 ? [] : [0, 0, 0, 0])];
          const bytes = Uint8Array.from([version, type!, 0, 0, 0, 0, 0, 1, ...head, ...rest]);
          bytes[2] = bytes.length >> 8;
          bytes[3] = bytes.length & 0xff;
          try {
            decodeMessage(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(OfpError);
          }
        },
      ),
      { seed: 9, numRuns: 2000 },
    );
  });
});

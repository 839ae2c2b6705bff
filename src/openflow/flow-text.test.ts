import { describe, expect, it } from "vitest";
import { differingFlows, entryOfFlowMod, FlowSet, flowModOfEntry, formatFlowEntry } from "./flow-set.js";
import { type FlowTextCommand, parseFlowMod, parseFlowSelection } from "./flow-text.js";
import { parseFlowModFile } from "./flow-text-file.js";
import { parseFlowMonitor } from "./flow-text-monitor.js";
import { formatMatch } from "./match-text.js";
import { formatProtocols } from "./protocol.js";

const fail = (text: string, command: FlowTextCommand = "add"): string => {
  try {
    parseFlowMod(text, command);
  } catch (e) {
    return (e as Error).message;
  }
  return "";
};

describe("flows as text", () => {
  const refused: readonly (readonly [text: string, error: string, command?: FlowTextCommand])[] = [
    ["tcp", "must specify an action"],
    ["foo=1", "must specify an action"],
    ["actions:1", "must specify an action"],
    ["foo,actions=1", "field foo missing value"],
    ["foo=1,actions=bar", "unknown keyword foo"],
    ["xactions=1", "field x missing value"],
    ["actions=1,actions=2", "unknown action actions"],
    ["priority=65536,actions=1", 'invalid priority "65536"'],
    ["priority=,actions=1", "field priority missing value"],
    ["idle_timeout=1.5,actions=1", 'invalid idle_timeout "1.5"'],
    ["table=0x1,actions=1", 'unknown table "0x1"'],
    ["table=256,actions=1", 'unknown table "256"'],
    ["cookie=1/2,foo,actions=1", "flow additions cannot use a cookie mask"],
    ["cookie=x,actions=1", "invalid numeric format x"],
    ["out_port=1,actions=1", "unknown keyword out_port"],
    ["importance=1,actions=1", "unknown keyword importance", "modify"],
    ["priority=1", "unknown keyword priority", "delete"],
    ["send_flow_rem", "field send_flow_rem missing value", "delete"],
    ["send_flow_rem=1", "unknown keyword send_flow_rem", "delete"],
    ["actions=1", "unknown keyword actions", "delete"],
    ["cookie=3", "cannot set cookie (to match on a cookie, specify a mask, e.g. cookie=3/-1)", "delete"],
    ["out_port=foo", "foo is not a valid OpenFlow port", "delete"],
    ["out_group=0x10", "0x10 is not a valid OpenFlow group", "delete"],
    ["table=1,actions=goto_table:1", "actions are invalid with specified match (OFPBIC_BAD_TABLE_ID)"],
    ["actions=set_field:3->tcp_src", "actions are invalid with specified match (OFPBAC_MATCH_INCONSISTENT)"],
    ["delete tcp", "must specify an action"],
    ["deletes tcp", "must specify an action", "fromText"],
    ["delete:tcp", "must specify an action", "fromText"],
    ["modify", "must specify an action", "fromText"],
  ];
  const cases = refused.map(([text, error, command = "add"]) => ({ text, error, command }));
  it.each(cases)("$command $text: $error", ({ text, error, command }) => {
    expect(fail(text, command)).toBe(error);
  });

  const usable: readonly (readonly [text: string, protocols: string])[] = [
    ["actions=1", "any"],
    ["table=255,importance=3,actions=1", "any"],
    ["table=1,actions=1", "OXM,OpenFlow10+table_id,NXM+table_id,OpenFlow11"],
    ["reset_counts,actions=1", "OXM"],
    ["no_byte_counts,actions=1", "OXM-OpenFlow13,OXM-OpenFlow14,OXM-OpenFlow15"],
    ["reg0=1,actions=1", "NXM,OXM"],
    ["actions=dec_ttl", "OpenFlow10,NXM"],
    ["actions=push_vlan:0x8100", "OXM,OpenFlow11"],
  ];
  it.each(usable)("%s can be said by %s", (text, protocols) => {
    expect(formatProtocols(parseFlowMod(text, "add").usable)).toBe(protocols);
  });

  const commands: readonly (readonly [text: string, command: string])[] = [
    ["tcp,actions=1", "add"],
    [" add,tcp,actions=1", "add"],
    ["modify\ttcp,actions=1", "modify"],
    ["modify_strict tcp,actions=1", "modify_strict"],
    ["delete", "delete"],
    ["delete_strict,tcp", "delete_strict"],
  ];
  it.each(commands)("%j is a command of its own", (text, command) => {
    expect(parseFlowMod(text, "fromText").flowMod.command).toBe(command);
  });

  it("have cookies to look for, and to set", () => {
    const cookies = (text: string, command: FlowTextCommand) => {
      const { cookie, cookieMask, newCookie } = parseFlowMod(text, command).flowMod;
      return [cookie, cookieMask, newCookie];
    };
    expect(cookies("cookie=3,actions=1", "add")).toEqual([0n, 0n, 3n]);
    expect(cookies("actions=1", "modify")).toEqual([0n, 0n, 0n]);
    expect(cookies("cookie=5/6,actions=1", "modify")).toEqual([4n, 6n, undefined]);
    expect(cookies("cookie=5/6,cookie=7,actions=1", "modify")).toEqual([4n, 6n, 7n]);
    expect(cookies("cookie=1/-1", "delete")).toEqual([1n, 0xffffffffffffffffn, 0n]);
  });

  it("may be output of dump-flows, and name protocols with an argument", () => {
    const text =
      " cookie=0x1, duration=1.5s, table=0, n_packets=1, n_bytes=2, idle_age=3, priority=5,tcp=1 actions=output:1";
    expect(parseFlowMod(text, "add").flowMod).toMatchObject({ priority: 5, newCookie: 1n, table: 0 });
  });

  it("know names of tables and ports", () => {
    const names = {
      tableNumber: (name: string) => (name === '"my table"' ? undefined : name === "first" ? 3 : undefined),
      portNumber: (name: string) => (name === "eth0" ? 7 : undefined),
    };
    const { flowMod } = parseFlowMod("table=first,out_port=eth0", "delete", names);
    expect([flowMod.table, flowMod.outPort]).toEqual([3, 7]);
  });

  it("tell the log of matches that are not in normal form, and keep them", () => {
    const log: string[] = [];
    const warn = (module: string, text: string): void => void log.push(`${module}|${text}`);
    expect(formatMatch(parseFlowMod("tp_src=3,actions=1", "add", { warn }).flowMod.match)).toBe("tp_src=3");
    expect(log).toEqual([
      "ofp_match|normalization changed ofp_match, details:",
      "ofp_match| pre: tp_src=3",
      "ofp_match|post: ",
    ]);
  });
});

describe("files of flows", () => {
  it("have comments and empty lines", () => {
    const text = "# all\n\ntable=1,actions=1 # one\r\n  \ndelete tcp\n";
    const { flowMods, usable } = parseFlowModFile(text, "-", "fromText");
    expect(flowMods.map((f) => f.command)).toEqual(["add", "delete"]);
    expect(formatProtocols(usable)).toBe("OXM,OpenFlow10+table_id,NXM+table_id,OpenFlow11");
  });

  it("name the line that is at fault", () => {
    expect(() => parseFlowModFile("actions=1\n\nfoo", "flows.txt", "add")).toThrow(
      "flows.txt:3: must specify an action",
    );
  });
});

describe("questions about flows", () => {
  it("may be of one table without the extension for it", () => {
    const { selection, usable } = parseFlowSelection("table=3,tcp,out_port=LOCAL,cookie=1/1");
    expect(selection).toMatchObject({ table: 3, outPort: 0xfffe, cookie: 1n, cookieMask: 1n });
    expect(formatProtocols(usable)).toBe("NXM,OXM,OpenFlow11");
  });

  it("have no actions", () => {
    expect(() => parseFlowSelection("actions=1")).toThrow("unknown keyword actions");
  });
});

describe("monitors as text", () => {
  it("leave out what they are told to", () => {
    expect(parseFlowMonitor("!initial,!own,table=3,out_port=2,tcp").monitor).toMatchObject({
      flags: 0x1e,
      table: 3,
      outPort: 2,
    });
  });

  const refused: readonly (readonly [text: string, error: string])[] = [
    ["foo", "foo: field foo missing value"],
    ["!foo", "!foo: field !foo missing value"],
    ["table=", "table=: field table missing value"],
    ["cookie=1/2", "cookie=1/2: unknown keyword cookie"],
    ["skb_priority=1", "skb_priority: match field is not supported for flow monitor"],
  ];
  it.each(refused)("%s: %s", (text, error) => {
    expect(() => parseFlowMonitor(text)).toThrow(error);
  });
});

describe("sets of flows", () => {
  const set = (text: string): FlowSet => {
    const { flowMods } = parseFlowModFile(text, "-", "add");
    return new FlowSet(flowMods.map(entryOfFlowMod));
  };
  const before = set("table=1,priority=5,tcp,actions=1\ntable=2,cookie=3,idle_timeout=5,actions=1\nudp,actions=1\n");
  const after = set(
    "table=1,priority=5,tcp,actions=2\ntable=2,cookie=4,idle_timeout=5,actions=1\nudp,actions=1\nip,actions=",
  );

  it("differ by what flows do", () => {
    const lines = differingFlows(before, after).flatMap((d) => [
      ...(d.before === undefined ? [] : [`-${formatFlowEntry(d.before)}`]),
      ...(d.after === undefined ? [] : [`+${formatFlowEntry(d.after)}`]),
    ]);
    expect(lines).toEqual([
      "+ip actions=drop",
      "-table=1 priority=5,tcp actions=output:1",
      "+table=1 priority=5,tcp actions=output:2",
      "-table=2  cookie=0x3 idle_timeout=5 actions=output:1",
      "+table=2  cookie=0x4 idle_timeout=5 actions=output:1",
    ]);
    expect(differingFlows(after, after)).toEqual([]);
  });

  it("count the last of equal flows", () => {
    const flows = [...set("tcp,actions=1\ntcp,actions=2")];
    expect(flows.map((f) => formatFlowEntry(f))).toEqual(["tcp actions=output:2"]);
  });

  it("become flow mods", () => {
    const [entry] = [...before];
    expect(flowModOfEntry(entry!, "delete_strict")).toMatchObject({ command: "delete_strict", table: 1, actions: [] });
    expect(entryOfFlowMod(flowModOfEntry(entry!, "add"))).toEqual(entry);
  });
});

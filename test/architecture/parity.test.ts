import { describe, expect, it } from "vitest";
import { columnStates, keyStates } from "../../tools/parity/columns.js";
import { absentAdditions, compareAppctl, comparePrograms, unknownNames } from "../../tools/parity/compare.js";

describe("names", () => {
  it("are upstream's, or listed in tools/parity/own-additions.ts", () => {
    expect(unknownNames()).toEqual([]);
  });

  it("listed as our own are there", () => {
    expect(absentAdditions()).toEqual([]);
  });

  it("get the state that their row declares", () => {
    const options = new Map(comparePrograms().map((p) => [p.name, p.options]));
    const state = (program: string, name: string): string | undefined =>
      options.get(program)?.find((o) => o.name === name)?.state;
    expect(state("ovs-vsctl", "--db")).toBe("works");
    expect(state("ovs-vswitchd", "--mlockall")).toBe("accepted");
    expect(state("ovsdb-tool", "--rbac-role")).toBe("works");
    expect(compareAppctl("ovs-vswitchd").current.find((c) => c.name === "lacp/show")?.state).toBe("missing");
  });

  it("of settings count as acted on where a table says that they are read", () => {
    const key = (name: string): unknown => keyStates.find((k) => k.table === "Bridge" && k.key === name);
    expect(key("hwaddr")).toMatchObject({ actedOn: true });
    expect(key("stp-priority")).toMatchObject({ actedOn: false });
  });

  it("of columns that are read without effect do not count as acted on", () => {
    const column = (table: string, name: string): unknown =>
      columnStates.find((c) => c.table === table && c.column === name);
    expect(column("Bridge", "stp_enable")).toMatchObject({ actedOn: [], written: [] });
    expect(column("Port", "tag")).toMatchObject({ actedOn: ["ovs-vswitchd"] });
    expect(column("Interface", "ofport")).toMatchObject({ actedOn: ["ovs-vswitchd"], written: ["ovs-vswitchd"] });
    expect(column("Manager", "is_connected")).toMatchObject({ written: ["ovsdb-server"] });
  });
});

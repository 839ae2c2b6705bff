import { describe, expect, it } from "vitest";
import { FakeClock } from "#host/fake/clock.js";
import { FlowModReport } from "./flow-mod-report.js";

function setup() {
  const clock = new FakeClock();
  const lines: string[] = [];
  return { clock, lines, report: new FlowModReport(clock, (text) => lines.push(text)) };
}

describe("FlowModReport", () => {
  it("tells after ten seconds, then not more than once a minute: as the installed switch did", () => {
    const { clock, lines, report } = setup();
    report.count("add");
    clock.advance(3000);
    report.count("add");
    report.count("modify");
    clock.advance(20_000);
    report.count("delete_strict");
    clock.advance(70_000);
    report.count("add");
    clock.advance(2000);
    report.count("add");
    clock.advance(75_000);
    report.count("add");
    clock.advance(5000);
    report.flush();
    expect(lines).toEqual([
      "3 flow_mods in the 3 s starting 10 s ago (2 adds, 1 modifications)",
      "1 flow_mods 47 s ago (1 deletes)",
      "2 flow_mods in the 2 s starting 37 s ago (2 adds)",
      "1 flow_mods 5 s ago (1 adds)",
    ]);
    expect(clock.pending).toBe(0);
  });

  it("tells at once at the end of a connection, and nothing where there is nothing", () => {
    const { clock, lines, report } = setup();
    report.flush();
    for (const command of ["add", "add", "delete", "modify_strict"] as const) report.count(command);
    report.flush();
    report.flush();
    expect(lines).toEqual(["4 flow_mods in the last 0 s (2 adds, 1 deletes, 1 modifications)"]);
    expect(clock.pending).toBe(0);
  });
});

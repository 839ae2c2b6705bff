import { describe, expect, it } from "vitest";
import type { DatapathMeter, DatapathMeters } from "#datapath/meters.js";
import { TlvMap } from "#flow/tlv-map.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import type { MeterCommand } from "#openflow/messages/meter/meter-mod.js";
import { parseMeterMod } from "#openflow/messages/meter/meter-mod-parse.js";
import { OFPM } from "#openflow/messages/meter/meter-number.js";
import { commit } from "../modification.js";
import { type FlowModification, flowModification } from "../tables/flow-modification.js";
import { FlowTables } from "../tables/flow-tables.js";
import { DatapathMeterIds } from "./datapath-meter-ids.js";
import { meterModification } from "./meter-modification.js";
import { meterStatistics } from "./meter-replies.js";
import { MeterTable } from "./meter-table.js";

function bed(most = 100): {
  readonly meters: MeterTable;
  readonly tables: FlowTables;
  readonly inDatapath: Map<number, DatapathMeter>;
  readonly ids: DatapathMeterIds;
  meter(command: MeterCommand, text: string): FlowModification;
  flow(text: string): FlowModification;
  commit(...all: FlowModification[]): string;
} {
  const inDatapath = new Map<number, DatapathMeter>();
  const datapath: DatapathMeters = {
    most,
    mostBands: 8,
    set: (id, meter) => void inDatapath.set(id, meter),
    delete: (id) => void inDatapath.delete(id),
    stats: (id) => (inDatapath.has(id) ? { packets: 5, bytes: 500, bands: [{ packets: 2, bytes: 200 }] } : undefined),
  };
  const meters = new MeterTable();
  const tables = new FlowTables();
  const ids = new DatapathMeterIds(datapath);
  const env = { meters, tables, datapath: ids, now: () => 0 };
  const flowEnv = { now: () => 0, tlvs: TlvMap.empty, hasGroup: () => true, hasMeter: (id: number) => meters.has(id) };
  return {
    meters,
    tables,
    inDatapath,
    ids,
    meter: (command, text) => meterModification(parseMeterMod(text, command).meterMod, env),
    flow: (text) => flowModification(tables, parseFlowMod(text, "add").flowMod, flowEnv as never),
    commit: (...all) => {
      const failure = commit(all, () => {
        tables.version++;
      });
      return failure === undefined ? "" : `${failure.index} ${(failure.error as Error).message}`;
    },
  };
}

const band = "kbps,band=type=drop,rate=5";

describe("meter-mods", () => {
  it("give meters the lowest numbers that the datapath has free", () => {
    const b = bed();
    b.commit(b.meter("add", `meter=7,${band}`), b.meter("add", `meter=3,${band}`), b.meter("add", `meter=5,${band}`));
    expect([7, 3, 5].map((id) => b.meters.get(id)!.datapathId)).toEqual([0, 1, 2]);
    b.commit(b.meter("delete", "meter=7"), b.meter("delete", "meter=3"));
    b.commit(b.meter("add", `meter=9,${band}`), b.meter("add", `meter=8,${band}`));
    expect([9, 8].map((id) => b.meters.get(id)!.datapathId)).toEqual([0, 1]);
  });

  it("say when there are too many", () => {
    const b = bed(1);
    expect(b.commit(b.meter("add", `meter=1,${band}`), b.meter("add", `meter=2,${band}`))).toBe(
      "1 OFPMMFC_OUT_OF_METERS",
    );
    expect([...b.inDatapath]).toEqual([]);
    expect(b.commit(b.meter("add", `meter=2,${band}`))).toBe("");
  });

  it("reach the datapath, bursts of a second where none are said", () => {
    const b = bed();
    b.commit(b.meter("add", "meter=1,pktps,burst,stats,bands=type=drop,rate=5,burst_size=9"));
    b.commit(b.meter("modify", "meter=1,kbps,bands=type=dscp_remark,rate=7,prec_level=2"));
    expect([...b.inDatapath]).toEqual([
      [0, { unit: "kbps", bands: [{ type: "dscp_remark", rate: 7, burst: 0, precedence: 2 }] }],
    ]);
  });

  it("take flows with them, and bring them and the meter back", () => {
    const b = bed();
    b.commit(b.meter("add", `meter=1,${band}`), b.flow("actions=meter:1,output:1"));
    expect(b.commit(b.meter("delete", "meter=1"), b.flow("actions=meter:1"))).toBe("1 OFPMMFC_INVALID_METER");
    expect([b.meters.has(1), b.tables.rules().length, b.inDatapath.size]).toEqual([true, 1, 1]);
    expect(meterStatistics(b.meters, b.tables, b.ids, 1, 2500).meters).toMatchObject([
      { flows: 1, packets: 5n, duration: { seconds: 2 }, bands: [{ packets: 2n }] },
    ]);
    const gone = b.meter("delete", "meter=all");
    expect(b.commit(gone)).toBe("");
    expect([b.meters.has(1), b.tables.rules().length, b.inDatapath.size]).toEqual([false, 0, 0]);
    expect(gone.changes.removed.map((r) => r.reason)).toEqual(["meter_delete"]);
  });

  it("may name the virtual meters", () => {
    const b = bed();
    expect(b.commit(b.meter("add", `meter=controller,${band}`), b.meter("add", `meter=slowpath,${band}`))).toBe("");
    expect(b.meters.get(OFPM.controller)?.datapathId).toBe(0);
    expect([b.meters.ofController(undefined), b.meters.ofController(99), b.meters.ofSlowPath]).toEqual([0, 0, 1]);
    expect(b.commit(b.meter("add", `meter=99,${band}`))).toBe("");
    expect(b.meters.ofController(99)).toBe(2);
  });
});

import { MeterFlag } from "#openflow/messages/meter/meter-config.js";
import type { MeterMod } from "#openflow/messages/meter/meter-mod.js";
import { OFPM } from "#openflow/messages/meter/meter-number.js";
import { OfpError } from "#openflow/ofp-error.js";
import { type FlowModification, flowRemoval } from "../tables/flow-modification.js";
import type { FlowTables } from "../tables/flow-tables.js";
import type { DatapathMeterIds } from "./datapath-meter-ids.js";
import { datapathMeter, type Meter } from "./meter.js";
import type { MeterTable } from "./meter-table.js";

/** What a meter-mod needs to know besides meters and tables. */
export interface MeterModEnvironment {
  readonly meters: MeterTable;
  readonly tables: FlowTables;
  readonly datapath: DatapathMeterIds;
  /** Clock milliseconds. */
  now(): number;
}

/**
 * A meter-mod as a change that can be taken back; flows that use a meter that goes, go with it (`changes`). `start` throws `OfpError`: OFPMMFC_INVALID_METER,
 * OFPMMFC_METER_EXISTS, OFPMMFC_UNKNOWN_METER, OFPMMFC_OUT_OF_BANDS, OFPMMFC_OUT_OF_METERS.
 */
export function meterModification(mod: MeterMod, env: MeterModEnvironment): FlowModification {
  return new MeterChange(mod, env);
}

class MeterChange implements FlowModification {
  readonly #mod: MeterMod;
  readonly #env: MeterModEnvironment;
  #added: Meter | undefined;
  /** Meters that are others now, or are no more. */
  readonly #before: Meter[] = [];
  #flows: FlowModification | undefined;

  constructor(mod: MeterMod, env: MeterModEnvironment) {
    this.#mod = mod;
    this.#env = env;
  }

  get changes(): FlowModification["changes"] {
    return this.#flows?.changes ?? { added: [], modified: [], removed: [] };
  }

  start(): void {
    switch (this.#mod.command) {
      case "add":
        this.#add();
        return;
      case "modify":
        this.#modify();
        return;
      case "delete":
        this.#delete();
        return;
    }
  }

  finish(): void {
    this.#flows?.finish();
    const { meters, datapath } = this.#env;
    const { command, meter } = this.#mod;
    for (const { datapathId, config } of this.#before) {
      if (command === "modify") datapath.set(datapathId, datapathMeter(meter));
      else if (meters.get(config.meterId)?.datapathId !== datapathId) datapath.delete(datapathId);
    }
  }

  revert(): void {
    this.#flows?.revert();
    const { meters, datapath } = this.#env;
    if (this.#added) {
      meters.delete(this.#added.config.meterId);
      datapath.delete(this.#added.datapathId);
    }
    for (const meter of this.#before) meters.set(meter);
  }

  #add(): void {
    const { meters, datapath, now } = this.#env;
    const { meter: config } = this.#mod;
    checkNumber(config.meterId);
    this.#checkConfig();
    if (meters.has(config.meterId)) throw new OfpError("OFPMMFC_METER_EXISTS");
    const datapathId = datapath.add(datapathMeter(config));
    if (datapathId === undefined) throw new OfpError("OFPMMFC_OUT_OF_METERS");
    this.#added = { config, datapathId, created: now() };
    meters.set(this.#added);
  }

  #modify(): void {
    const { meters } = this.#env;
    const { meter: config } = this.#mod;
    checkNumber(config.meterId);
    this.#checkConfig();
    const old = meters.get(config.meterId);
    if (old === undefined) throw new OfpError("OFPMMFC_UNKNOWN_METER");
    this.#before.push(old);
    meters.set({ ...old, config });
  }

  #delete(): void {
    const { meters, tables } = this.#env;
    const { meterId } = this.#mod.meter;
    const found = meterId === OFPM.all ? meters.inOrder() : [meters.get(meterId)].filter((m) => m !== undefined);
    const rules = found.flatMap((m) => tables.users.meters.of(m.config.meterId));
    this.#flows = flowRemoval(tables, rules, "meter_delete");
    this.#flows.start();
    for (const meter of found) {
      this.#before.push(meter);
      meters.delete(meter.config.meterId);
    }
  }

  #checkConfig(): void {
    const { flags } = this.#mod.meter;
    if ((flags & UNITS) === 0) throw new OfpError("OFPMMFC_BAD_FLAGS");
    const { length } = this.#mod.meter.bands;
    if (length === 0 || length > this.#env.datapath.mostBands) throw new OfpError("OFPMMFC_OUT_OF_BANDS");
    if ((flags & ~KNOWN_FLAGS) !== 0) throw new OfpError("OFPMMFC_BAD_FLAGS");
  }
}

const UNITS: number = MeterFlag.kbps | MeterFlag.pktps;
const KNOWN_FLAGS: number = UNITS | MeterFlag.burst | MeterFlag.stats;

/** Numbers that meters may have: those of flows, and two of the switch's own ways to userspace. */
function checkNumber(id: number): void {
  const isVirtual = id === OFPM.slowpath || id === OFPM.controller;
  if (id === 0 || (id > OFPM.max && !isVirtual)) throw new OfpError("OFPMMFC_INVALID_METER");
}

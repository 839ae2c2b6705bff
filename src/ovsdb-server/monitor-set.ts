import type { ChangeSet } from "#ovsdb/change-set.js";
import type { Database } from "#ovsdb/database.js";
import type { Json } from "#util/json.js";
import type { MonitorVersion, Notify } from "./served-database.js";

export interface DatabaseMonitor {
  readonly id: Json;
  changeCondition(id: Json, requests: Json): void;
  cancel(): void;
}
export class MonitorSet {
  get size(): number {
    return 0;
  }
  tell(_changes: ChangeSet): void {}
  clear(): void {}
  add(
    _d: Database,
    _v: MonitorVersion,
    _id: Json,
    _r: Json,
    _s: Json | undefined,
    _n: Notify,
  ): { monitor: DatabaseMonitor; initial: Json } {
    throw new Error("no");
  }
}

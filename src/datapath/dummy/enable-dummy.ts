import type { DatapathClass } from "../datapath.js";
import { dummyDatapathClass } from "./dummy-class.js";
import type { DummyDevices } from "./dummy-devices.js";

/** `--enable-dummy` (beside the real ones), `=system` (instead of the system's) and `=override` (instead of all). */
export type DummyMode = "beside" | "system" | "override";

/** The datapath classes of a daemon with dummies. */
export function withDummies(
  mode: DummyMode,
  classes: readonly DatapathClass[],
  devices: DummyDevices,
  options: Parameters<typeof dummyDatapathClass>[2],
): DatapathClass[] {
  const replaced = mode === "override" ? ["netdev", "system"] : mode === "system" ? ["system"] : [];
  return [
    dummyDatapathClass("dummy", devices, options),
    ...classes.filter((c) => !replaced.includes(c.type)),
    ...replaced.map((type) => dummyDatapathClass(type, devices, options)),
  ];
}

import type { Clock } from "#util/clock.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { Datapath, DatapathClass } from "../datapath.js";
import type { DeviceClass } from "../device.js";
import { InProcessEngine } from "../userspace/in-process-engine.js";
import type { PollingCore } from "../userspace/queues/place-queues.js";
import { dummyPortNumbering, UserspaceDatapath } from "../userspace/userspace-datapath.js";
import type { DummyDevices } from "./dummy-devices.js";

/** Interface types that a dummy stands in for under `--enable-dummy=override`; `system` alone under `=system`. */
const OVERRIDDEN: readonly string[] = ["system", "internal", "tap"];

/** In a world of dummies no device of the system is found. */
const noSuchDevices: DeviceClass = {
  type: "system",
  hasDatapathPort: true,
  open(name) {
    throw new HostError(`open ${name}`, "ENODEV", errnoNumber("ENODEV"), errnoText("ENODEV"));
  },
};

/**
 * Datapaths that forward between dummy devices, in the caller's thread. `type` is `dummy`, or the type taken over:
 * `netdev` and `system` under `--enable-dummy=override`.
 */
export function dummyDatapathClass(
  type: string,
  devices: DummyDevices,
  options: { readonly clock: Clock; readonly random: () => number; readonly cores?: () => readonly PollingCore[] },
): DatapathClass {
  const classes = new Map<string, DeviceClass>();
  const add = (interfaceType: string, deviceType: string): void => {
    classes.set(interfaceType, devices.class(deviceType));
  };
  add("dummy", "dummy");
  add("dummy-internal", "dummy-internal");
  add("dummy-pmd", "dummy-pmd");
  add("internal", "dummy-internal");
  if (type === "dummy") classes.set("system", noSuchDevices);
  else for (const t of OVERRIDDEN) if (!classes.has(t)) add(t, t);
  return {
    type,
    interfaceTypes: [...classes.keys()],
    deviceClass: (interfaceType) => classes.get(interfaceType === "" ? "system" : interfaceType),
    open: (name): Datapath => {
      const engine = new InProcessEngine(options.clock, options.random, options.cores);
      const datapath = new UserspaceDatapath(type, name, engine, dummyPortNumbering);
      const local = classes.get("internal")?.open(name, new Map());
      if (local === undefined)
        throw new HostError(`${type}@${name}`, "ENODEV", errnoNumber("ENODEV"), errnoText("ENODEV"));
      datapath.addLocalPort(local);
      return datapath;
    },
  };
}

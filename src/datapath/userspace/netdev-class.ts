import type { Datapath, DatapathClass } from "../datapath.js";
import type { DeviceClass } from "../device.js";
import { ThreadEngine, type ThreadEngineHost } from "./threads/thread-engine.js";
import { UserspaceDatapath } from "./userspace-datapath.js";

/**
 * `datapath_type=netdev`, or another type that the same engine serves: forwarding in a thread of its own. `devices` are the classes it serves, by Interface:type; a bridge's
 * own port and the datapath's are of the class `internal`.
 */
export function netdevDatapathClass(
  host: ThreadEngineHost,
  devices: readonly DeviceClass[],
  type: string = "netdev",
): DatapathClass {
  const classes = new Map(devices.map((c) => [c.type, c]));
  return {
    type,
    interfaceTypes: [...classes.keys()],
    deviceClass: (interfaceType) => classes.get(interfaceType === "" ? "system" : interfaceType),
    open: (name): Datapath => {
      // Opened first: without the right to make devices there is no datapath, and no thread.
      const local = classes.get("internal")?.open(name, new Map());
      const datapath = new UserspaceDatapath(type, name, new ThreadEngine(host));
      if (local !== undefined) datapath.addLocalPort(local);
      return datapath;
    },
  };
}

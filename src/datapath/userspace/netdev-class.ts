import type { Datapath, DatapathClass } from "../datapath.js";
import type { DeviceClass } from "../device.js";
import { ThreadEngine, type ThreadEngineHost } from "./threads/thread-engine.js";
import { UserspaceDatapath } from "./userspace-datapath.js";

/**
 * `datapath_type=netdev`, or another type that the same engine serves: forwarding in a thread of its own. `devices` are the classes it serves, by Interface:type; the datapath's own port
 * is of the class `internal`. Where the kernel forwards what it can, `kernelDevices` go before them.
 */
export function netdevDatapathClass(
  host: ThreadEngineHost,
  devices: readonly DeviceClass[],
  type: string = "netdev",
  kernelDevices: readonly DeviceClass[] = [],
): DatapathClass {
  const classes = new Map(devices.map((c) => [c.type, c]));
  const kernelClasses = new Map(kernelDevices.map((c) => [c.type, c]));
  /** Of the datapaths that are open. */
  const engines = new Set<ThreadEngine>();
  const isInKernel = (): boolean => [...engines].some((engine) => engine.kernel.table !== undefined);
  return {
    type,
    interfaceTypes: [...classes.keys()],
    deviceClass(interfaceType) {
      const wanted = interfaceType === "" ? "system" : interfaceType;
      return (isInKernel() ? kernelClasses.get(wanted) : undefined) ?? classes.get(wanted);
    },
    open: (name): Datapath => {
      // Opened first: without the right to make devices there is no datapath, and no thread.
      const local = classes.get("internal")?.open(name, new Map());
      const engine = new ThreadEngine({ ...host, onClose: () => engines.delete(engine) });
      engines.add(engine);
      const datapath = new UserspaceDatapath(type, name, engine);
      if (local !== undefined) datapath.addLocalPort(local);
      return datapath;
    },
  };
}

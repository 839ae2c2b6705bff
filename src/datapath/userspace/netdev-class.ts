import type { ForwardMaps } from "#host/forward-maps.js";
import type { Datapath, DatapathClass } from "../datapath.js";
import type { DeviceClass } from "../device.js";
import { ThreadEngine, type ThreadEngineHost } from "./threads/thread-engine.js";
import { UserspaceDatapath } from "./userspace-datapath.js";

/** What the datapaths of a class are built on: their engines', but that maps are made for a datapath by its name. */
export interface NetdevHost extends Omit<ThreadEngineHost, "forwardMaps" | "onClose"> {
  readonly forwardMaps?: (datapath: string) => ForwardMaps;
}

/**
 * `datapath_type=netdev`, or another type that the same engine serves: forwarding in a thread of its own. `devices` are the classes it serves, by Interface:type; the datapath's own port
 * is of the class `internal`. Where the kernel forwards what it can, `kernelDevices` go before them.
 */
export function netdevDatapathClass(
  { forwardMaps, ...host }: NetdevHost,
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
      const maps = forwardMaps && { forwardMaps: () => forwardMaps(name) };
      const engine = new ThreadEngine({ ...host, ...maps, onClose: () => engines.delete(engine) });
      engines.add(engine);
      const datapath = new UserspaceDatapath(type, name, engine);
      if (local !== undefined) datapath.addLocalPort(local);
      return datapath;
    },
  };
}

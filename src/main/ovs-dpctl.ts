import { dpctl, type KernelDatapaths } from "#cli/dpctl/main.js";
import type { DatapathClass } from "#datapath/datapath.js";
import { Datapaths } from "#datapath/datapaths.js";
import { LeftDatapath } from "#datapath/kernel/left-datapath.js";
import { PinnedDatapath } from "#datapath/kernel/pinned-datapath.js";
import type { LinkStats } from "#host/net.js";
import { createNodeHost } from "#host/node/host.js";
import { directories } from "#runtime/dirs.js";
import type { Clock } from "#util/clock.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import { runTool } from "./support/run-tool.js";

const host = createNodeHost();

/** The datapaths whose maps the daemon of this run directory has pinned. */
async function kernelDatapaths(): Promise<KernelDatapaths> {
  const { Pins } = await import("#host/linux/pins.js");
  const { LinuxLeftMaps } = await import("#host/linux/left-maps.js");
  const { LinuxNetHost } = await import("#host/linux/net-host.js");
  const pins = new Pins(directories(host.process).run);
  const net = new LinuxNetHost();
  const portStats = (name: string): LinkStats => {
    const link = net.link(name);
    if (link === undefined) throw new HostError(name, "ENODEV", errnoNumber("ENODEV"), errnoText("ENODEV"));
    return link.stats;
  };
  const open = (name: string): PinnedDatapath => {
    for (const directory of pins.generations(name)) {
      try {
        const left = LeftDatapath.of(new LinuxLeftMaps(directory));
        if (left) return new PinnedDatapath(name, left, portStats);
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
      }
    }
    throw new HostError(name, "EOPNOTSUPP", errnoNumber("EOPNOTSUPP"), errnoText("EOPNOTSUPP"));
  };
  const system: DatapathClass = { type: "system", open, deviceClass: () => undefined, interfaceTypes: [] };
  const datapaths = new Datapaths([system]);
  for (const name of pins.datapaths()) {
    try {
      datapaths.add(name);
    } catch {
      // Nothing that can be read has been left of it.
    }
  }
  const clock: Clock = {
    now: () => Number(process.hrtime.bigint()) / 1e6,
    wall: () => host.clock.wall(),
    after: (delay, fn) => host.clock.after(delay, fn),
  };
  return { datapaths, clock };
}

runTool((argv, io) => dpctl(argv, io, kernelDatapaths), host);

import { dirname, join } from "node:path";
import type { DpctlHost } from "#datapath/commands/dpctl-arguments.js";
import type { DatapathClass } from "#datapath/datapath.js";
import { Datapaths } from "#datapath/datapaths.js";
import { afxdpDevices } from "#datapath/devices/afxdp-device.js";
import { internalDevices } from "#datapath/devices/internal-device.js";
import { systemDevices } from "#datapath/devices/system-device.js";
import { tapDevices } from "#datapath/devices/tap-device.js";
import { vhostDevices } from "#datapath/devices/vhost-device.js";
import { DummyDevices } from "#datapath/dummy/dummy-devices.js";
import { withDummies } from "#datapath/dummy/enable-dummy.js";
import { type NetdevHost, netdevDatapathClass } from "#datapath/userspace/netdev-class.js";
import { seedHashes } from "#flow/shape.js";
import type { Host } from "#host/host.js";
import type { HostAnswers } from "#host/host-answers.js";
import type { NetHost } from "#host/net.js";
import { fileSystemSpace } from "#host/node/file-system-space.js";
import { NodeThreads } from "#host/node/threads.js";
import type { VhostHost } from "#host/vhost.js";
import { OfprotoSwitches } from "#ofproto/switches.js";
import { parseMatch } from "#openflow/match-parse.js";
import { type DaemonContext, type RunningDaemon, runDaemon } from "#runtime/daemon-main.js";
import { daemonUsage } from "#runtime/daemon-options.js";
import { directories, resolveStreamName } from "#runtime/dirs.js";
import { Xids } from "#runtime/openflow-xids.js";
import { vlogUsage } from "#runtime/vlog-options.js";
import { WarpClock } from "#runtime/warp-clock.js";
import { UserError } from "#util/errors.js";
import { OVS_VERSION, versionText } from "#util/version.js";
import { vswitchdCommands } from "#vswitchd/appctl-commands.js";
import {
  readVswitchdOptions,
  type VswitchdCommandLine,
  vswitchdHelp,
  vswitchdOptionRows,
} from "#vswitchd/command-line.js";
import { LinkNews } from "#vswitchd/link-news.js";
import { OvsdbConfigDatabase } from "#vswitchd/ovsdb-config-database.js";
import { systemStatistics } from "#vswitchd/system-statistics.js";
import { tlsConnectOptions } from "#vswitchd/tls-source.js";
import { Vswitchd } from "#vswitchd/vswitchd.js";
import { endWith } from "./support/end-with.js";

const program = "ovs-vswitchd";
/** The datapath of type `system` that bridges are on. */
const BRIDGES = "ovs-system";

/** The engines this process offers, by what was asked for and what the host has. */
function datapathClasses(
  context: DaemonContext,
  wanted: VswitchdCommandLine,
  net: NetHost,
  linux: Required<Pick<NetdevHost, "rings" | "cores" | "forwardMaps" | "lacking" | "packetListeners">>,
  vhost: { readonly host: VhostHost; readonly directory: () => string },
  dummies: DummyDevices | undefined,
  clock: WarpClock,
): DatapathClass[] {
  const { host, log } = context;
  const logger = log.module("dpif_netdev");
  const engine = {
    clock: host.clock,
    threads: new NodeThreads(dirname(host.process.programFile)),
    timeOrigin: performance.timeOrigin,
    rings: linux.rings,
    cores: linux.cores,
    log: (level: "info" | "warn" | "err", text: string) => logger.log(level, text),
  };
  const warn = (text: string): void => log.module("netdev_linux").warn(text);
  const devices = [
    systemDevices(net, warn),
    internalDevices(net, "tap", warn),
    tapDevices(net, warn),
    vhostDevices(vhost.host, "dpdkvhostuser", vhost.directory),
    vhostDevices(vhost.host, "dpdkvhostuserclient", vhost.directory),
    afxdpDevices(net, "afxdp", (level, text) => log.module("netdev_afxdp").log(level, text)),
    afxdpDevices(net, "afxdp-nonpmd", (level, text) => log.module("netdev_afxdp").log(level, text)),
  ];
  const classes = [netdevDatapathClass(engine, devices, "netdev")];
  const { forwardMaps, lacking, packetListeners } = linux;
  const kernel = { forwardMaps, lacking, packetListeners };
  if (wanted.systemDevices)
    classes.push(
      netdevDatapathClass({ ...engine, ...kernel }, devices, "system", [internalDevices(net, "pair", warn)]),
    );
  if (!dummies || wanted.dummies === "none") return classes;
  const mode = wanted.dummies === "new" ? "beside" : wanted.dummies;
  return withDummies(mode, classes, dummies, { clock, random: Math.random, ...linux });
}

/** What `dpctl` commands reach of this process. */
function dpctlHost(host: Host, datapaths: Datapaths, clock: WarpClock): DpctlHost {
  return {
    datapaths,
    clock,
    readFile: (path) => host.files.readText(path),
    parseFilter: (text, portNumber) => parseMatch(text, { portNumber }),
    newUfid: () => Buffer.from(host.random(16)).toString("hex"),
  };
}

async function start(context: DaemonContext): Promise<RunningDaemon> {
  const { host, log, control } = context;
  seedHashes(Buffer.from(host.random(4)).readInt32BE());
  const wanted = readVswitchdOptions(context.options);
  const run = directories(host.process).run;
  const remote = resolveStreamName(context.operands[0] ?? `unix:${run}/db.sock`, run);
  const { withheld } = await import("#host/linux/bpf/without.js");
  for (const feature of withheld().missing) log.module("dpif").warn(`doing without ${feature}, as WEFT_WITHOUT says`);
  const { LinuxNetHost } = await import("#host/linux/net-host.js");
  const { LinuxCaptureRings } = await import("#host/linux/capture-rings.js");
  const { usableCores } = await import("#host/linux/affinity.js");
  const { Pins } = await import("#host/linux/pins.js");
  const pins = new Pins(run);
  const net = new LinuxNetHost(undefined, pins);
  const { LinuxForwardMaps } = await import("#host/linux/forward-maps.js");
  const rings = new LinuxCaptureRings();
  const { lackingForKernelEngine } = await import("#host/linux/bpf/probes.js");
  const linux = {
    rings,
    cores: usableCores,
    forwardMaps: (datapath: string) => {
      // What bridges are on outlasts the process; another one of `dpctl/add-dp` does not, and is nobody's to be taken over.
      if (datapath !== BRIDGES) return new LinuxForwardMaps(rings, net);
      try {
        pins.need();
      } catch (error) {
        // Where there are no maps either, that is what is to be said.
        const maps = new LinuxForwardMaps(rings, net);
        log.module("dpif").warn(`what the kernel forwards ends with this process: ${(error as Error).message}`);
        return maps;
      }
      return new LinuxForwardMaps(rings, net, { pins, name: BRIDGES });
    },
    lacking: lackingForKernelEngine,
    packetListeners: () => net.packetListeners(),
  };
  const { LinuxVhostHost } = await import("#host/linux/vhost/vhost-host.js");
  const vhostLog = log.module("netdev_vhost");
  const vhostHost = new LinuxVhostHost({
    after: (ms, action) => host.clock.after(ms, action),
    log: (level, text) => vhostLog.log(level, text),
  });
  // As it was said when the first configuration came: a change takes a restart.
  let vhostDirectory: string | undefined;
  const vhost = { host: vhostHost, directory: () => vhostDirectory ?? run };
  const useVhostDirectory = (directory: string): void => {
    if (vhostDirectory !== undefined) return;
    const leaves = directory.split("/").includes("..");
    if (leaves) vhostLog.warn(`vhost-sock-dir "${directory}" may not contain "..": ${run} is used`);
    vhostDirectory = join(run, leaves ? "" : directory);
  };
  const clock = new WarpClock(host.clock);
  const dummies = wanted.dummies === "none" ? undefined : new DummyDevices({ ...host, clock });
  const datapaths = new Datapaths(datapathClasses(context, wanted, net, linux, vhost, dummies, clock));
  const { coverage } = context;
  const connect = tlsConnectOptions(host.files, wanted.tls, log);
  const outside = { host: { ...host, clock }, log, runDirectory: run, connect, xids: new Xids() };
  const switches = new OfprotoSwitches({ clock, log, datapathClasses: datapaths.classes, coverage, outside });
  const database = new OvsdbConfigDatabase({ ...host, clock }, log, [remote], connect);
  const { pidfile } = context;
  const { files } = host;
  const system = { files, pid: host.process.pid, pidfile, runDirectory: run, space: fileSystemSpace };
  const daemon = new Vswitchd({
    database,
    switches,
    clock,
    log: log.module("bridge"),
    deviceLog: log.module("netdev"),
    runDirectory: run,
    useTls: (row) => connect.use(row),
    useVhostDirectory,
    systemStatistics: () => systemStatistics(system),
  });
  void daemon.configured.then(() => log.module("bridge").info(`${program} (Open vSwitch) ${OVS_VERSION}`));
  // Nobody takes over what an earlier process has left.
  void daemon.configured.then(() => pins.isInUse || pins.remove());
  const news = new LinkNews();
  const watch = net.watch((event) => {
    if (news.isNews(event) && event.kind === "link") daemon.linkAppeared(event.link.name);
  });
  const askHost = async (): Promise<HostAnswers> => (await import("#host/linux/probe.js")).askHost();
  control.register(vswitchdCommands({ switches, dpctl: dpctlHost(host, datapaths, clock), clock, dummies, askHost }));
  context.memory.push(() => ({ "idl-cells-Open_vSwitch": database.cells(), ...switches.memoryUsage() }));
  return {
    ready: daemon.configured,
    stop(cleanup) {
      watch.cancel();
      daemon.close(cleanup);
      if (cleanup) pins.remove();
      database.close();
    },
  };
}

async function main(argv: readonly string[]): Promise<number> {
  const { createDaemonHost } = await import("#host/linux/daemon-host.js");
  const host: Host = createDaemonHost();
  return runDaemon(
    {
      program,
      options: vswitchdOptionRows,
      help: () => vswitchdHelp(directories(host.process).run, daemonUsage(program, host), vlogUsage(program, host)),
      version: () => versionText(program),
      cleanup: true,
      keepNetwork: true,
      check: (_options, operands) => {
        if (operands.length > 1) throw new UserError("at most one non-option argument accepted; use --help for usage");
      },
      start,
    },
    argv,
    host,
  );
}

endWith(main(process.argv.slice(2)));

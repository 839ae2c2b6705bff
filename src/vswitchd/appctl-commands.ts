import { dpctlCommands } from "#datapath/commands/dpctl.js";
import type { DpctlHost } from "#datapath/commands/dpctl-arguments.js";
import { doctorCommand } from "#datapath/commands/dpif-doctor.js";
import { dpifDummyCommands } from "#datapath/commands/dpif-dummy.js";
import { dpifEbpfShow } from "#datapath/commands/dpif-ebpf.js";
import { dpifNetdevCommands } from "#datapath/commands/dpif-netdev.js";
import { netdevDummyCommands } from "#datapath/commands/netdev-dummy.js";
import type { DummyDevices } from "#datapath/dummy/dummy-devices.js";
import type { HostAnswers } from "#host/host-answers.js";
import { switchCommands } from "#ofproto/commands/table.js";
import type { OfprotoSwitches } from "#ofproto/switches.js";
import type { AppctlCommand } from "#runtime/command.js";
import { timeCommands } from "#runtime/time-commands.js";
import type { WarpClock } from "#runtime/warp-clock.js";

/** What the commands of ovs-vswitchd are about. */
export interface VswitchdParts {
  readonly switches: OfprotoSwitches;
  readonly dpctl: DpctlHost;
  readonly clock: WarpClock;
  /** Tries what the host can do. */
  readonly askHost: () => Promise<HostAnswers>;
  /** There with `--enable-dummy`. */
  readonly dummies: DummyDevices | undefined;
}

/** The appctl commands of ovs-vswitchd besides those of every daemon. */
export function vswitchdCommands({ switches, dpctl, clock, dummies, askHost }: VswitchdParts): AppctlCommand[] {
  const { datapaths } = dpctl;
  return [
    ...switchCommands(switches, askHost),
    ...dpctlCommands(dpctl),
    ...dpifNetdevCommands(datapaths, clock),
    doctorCommand(datapaths, askHost) as AppctlCommand,
    dpifEbpfShow(datapaths, (bridge) => switches.bridges.get(bridge)?.backer.datapath) as AppctlCommand,
    ...(dummies ? [...timeCommands(clock), ...netdevDummyCommands(dummies), ...dpifDummyCommands(datapaths)] : []),
  ];
}

import { dpctlCommands } from "#datapath/commands/dpctl.js";
import type { DpctlHost } from "#datapath/commands/dpctl-arguments.js";
import { dpifDummyCommands } from "#datapath/commands/dpif-dummy.js";
import { dpifNetdevCommands } from "#datapath/commands/dpif-netdev.js";
import { netdevDummyCommands } from "#datapath/commands/netdev-dummy.js";
import type { DummyDevices } from "#datapath/dummy/dummy-devices.js";
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
  /** There with `--enable-dummy`. */
  readonly dummies: DummyDevices | undefined;
}

/** The appctl commands of ovs-vswitchd besides those of every daemon. */
export function vswitchdCommands({ switches, dpctl, clock, dummies }: VswitchdParts): AppctlCommand[] {
  const { datapaths } = dpctl;
  return [
    ...switchCommands(switches),
    ...dpctlCommands(dpctl),
    ...dpifNetdevCommands(datapaths, clock),
    ...(dummies ? [...timeCommands(clock), ...netdevDummyCommands(dummies), ...dpifDummyCommands(datapaths)] : []),
  ];
}

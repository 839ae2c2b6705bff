import { createNamespace, type NetworkNamespace } from "../src/host/linux/namespaces.js";
import { LinuxNetHost } from "../src/host/linux/net-host.js";
import { type Guest, makeGuest } from "./guests.js";
import { joinBridge } from "./kernel-bed.js";
import { startOurSwitch } from "./our-switch.js";
import { type RealSwitch, startRealSwitch } from "./real-switch.js";

/** One way to join two guests. */
export interface Joined {
  readonly guests: readonly [Guest, Guest];
  /** The daemon, where there is one. */
  readonly running: RealSwitch | undefined;
  stop(): Promise<void>;
}

/** Weft's kernel engine, the kernel's bridge, and the installed Open vSwitch's userspace datapath, whose guests' offloads are off, since they do not work there. */
export interface Contest {
  readonly ours: Joined;
  readonly bridge: Joined;
  readonly theirs: Joined;
}

async function join(
  name: string,
  start: (home: NetworkNamespace, ports: readonly string[]) => Promise<RealSwitch> | undefined,
): Promise<Joined> {
  const home = createNamespace();
  const guests: [Guest, Guest] = [makeGuest(`${name}a`, 1, home), makeGuest(`${name}b`, 2, home)];
  const ports = guests.map(({ port }) => port);
  const running = await start(home, ports);
  // Addresses resolved and flows set up before anything is measured.
  guests[0].run("ping", "-c", "3", "-i", "0.2", guests[1].address);
  return {
    guests,
    running,
    async stop() {
      await running?.stop();
      for (const guest of guests) guest.remove();
      home.close();
    },
  };
}

/** Starts all three. */
export async function startContest(): Promise<Contest> {
  const ours = await join("wbk", (home, ports) => startOurSwitch(home, ports, {}, "system"));
  const bridge = await join("wbl", (home, ports) => {
    joinBridge(new LinuxNetHost(home), ports, home);
    return undefined;
  });
  const theirs = await join("wbm", (home, ports) => startRealSwitch(home, ports, { tso: false }));
  for (const guest of theirs.guests) guest.run("ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off");
  return { ours, bridge, theirs };
}

/** Stops all three. */
export async function endContest(contest: Contest): Promise<void> {
  for (const each of Object.values(contest) as Joined[]) await each.stop();
}

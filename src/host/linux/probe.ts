import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { errnoName } from "#util/errno.js";
import type { Answer, HostAnswers, HostCheck } from "../host-answers.js";
import { probeFeatures } from "./bpf/probes.js";
import { VerifierError } from "./bpf/program.js";
import { hideLink } from "./hide.js";
import { LinuxNetHost } from "./net-host.js";
import { withProbeLink, withProbeVeth } from "./probe-link.js";
import { ringInputFault } from "./ring-probe.js";
import * as sys from "./syscalls.js";

const yes = (reason: string): Answer => ({ works: true, reason });
const no = (reason: string): Answer => ({ works: false, reason });
const cannotTell = (reason: string): Answer => ({ works: undefined, reason });

const lacksPrivilege = new Set(["EPERM", "EACCES"]);

/** Runs `attempt`; its text is the reason of a yes, its error that of a no, or of "cannot tell" where only privilege was lacking. */
function attempt(run: () => string): Answer {
  try {
    return yes(run());
  } catch (error) {
    const { message, code, cause } = error as Error & { code?: string };
    // EACCES is the verifier's answer, too.
    if (cause instanceof VerifierError) return no(cause.message);
    return lacksPrivilege.has(code ?? "") ? cannotTell(message) : no(message);
  }
}

/** Runs `run` with a link of a namespace of its own, which is gone afterwards, and the namespace's devices. */
function withLink<T>(run: (name: string, ifindex: number, net: LinuxNetHost) => T): T {
  return withProbeLink((name, ifindex) => {
    const net = new LinuxNetHost();
    try {
      return run(name, ifindex, net);
    } finally {
      net.close();
    }
  });
}

/** The bit of CAP_NET_ADMIN in the capability masks of /proc. */
const CAP_NET_ADMIN = 12n;

function netAdmin(): Answer {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  if (mask === undefined) return cannotTell("/proc/self/status tells no capabilities");
  const has = ((BigInt(`0x${mask}`) >> CAP_NET_ADMIN) & 1n) === 1n;
  const who = process.getuid?.() === 0 ? "root" : `user ${process.getuid?.()}`;
  return has ? yes(`${who} with CAP_NET_ADMIN`) : no(`${who} without CAP_NET_ADMIN`);
}

function kernel(): Answer {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  // What the engines rest on came with 4.15 (checksum state of TAP and AF_PACKET) and later; older ones are not tried.
  return major > 4 || (major === 4 && minor >= 15)
    ? yes(`Linux ${release()}`)
    : no(`Linux ${release()} is older than 4.15`);
}

function tun(): Answer {
  if (!existsSync("/dev/net/tun")) return no("/dev/net/tun does not exist");
  return attempt(() =>
    withLink((_name, _ifindex, net) => {
      net.openTap("probe2", { persist: false }).close();
      return "a TAP device with vnet header could be made";
    }),
  );
}

function packetSocket(): Answer {
  return attempt(() =>
    withLink((name, _ifindex, net) => {
      net.capture(name, { input: "socket" }).close();
      return "an AF_PACKET socket with vnet header could be bound";
    }),
  );
}

function ring(): Answer {
  return attempt(() => {
    const fault = ringInputFault();
    if (fault) throw fault;
    return "whole frames come through a BPF ring buffer";
  });
}

function hiding(): Answer {
  return attempt(() =>
    withLink((name, ifindex) => {
      const hidden = hideLink(name, ifindex);
      hidden.release();
      if (hidden.hidden.by === "none") throw new Error(hidden.hidden.reason);
      return `a captured link is hidden from the host by ${hidden.hidden.by}`;
    }),
  );
}

function veth(): Answer {
  return attempt(() => withProbeVeth(() => "a veth pair could be made"));
}

/** A small number of a file below /proc/sys, undefined where there is no such file. */
function sysctl(path: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/${path}`, "utf8"));
  } catch {
    return undefined;
  }
}

function jit(): Answer {
  const enabled = sysctl("net/core/bpf_jit_enable");
  if (enabled === undefined) return cannotTell("net.core.bpf_jit_enable cannot be read");
  return enabled === 0 ? no("net.core.bpf_jit_enable is 0") : yes(`net.core.bpf_jit_enable is ${enabled}`);
}

/** Frames that a CPU may have waiting from then on are enough for a burst. */
const ENOUGH_BACKLOG = 4000;

function backlog(): Answer {
  const length = sysctl("net/core/netdev_max_backlog");
  if (length === undefined) return cannotTell("net.core.netdev_max_backlog cannot be read");
  const reason = `net.core.netdev_max_backlog is ${length}`;
  return length < ENOUGH_BACKLOG ? no(reason) : yes(reason);
}

function userNamespaces(): Answer {
  if (!existsSync("/proc/self/ns/user")) return no("the kernel has no user namespaces");
  if (sysctl("user/max_user_namespaces") === 0) return no("user.max_user_namespaces is 0");
  if (sysctl("kernel/unprivileged_userns_clone") === 0) return no("kernel.unprivileged_userns_clone is 0");
  if (sysctl("kernel/apparmor_restrict_unprivileged_userns") === 1)
    return cannotTell("AppArmor allows them to named programs only");
  return yes("no limit forbids them");
}

function ipv6(): Answer {
  const AF_INET6 = 10;
  const SOCK_DGRAM_CLOEXEC = 0x80002;
  const fd = sys.socket(AF_INET6, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) return no(`no IPv6 sockets (${errnoName(sys.errno())})`);
  sys.close(fd);
  return sysctl("net/ipv6/conf/all/disable_ipv6") === 1 ? no("net.ipv6.conf.all.disable_ipv6 is 1") : yes("IPv6 is on");
}

const checks: Readonly<Record<HostCheck, () => Answer>> = {
  // Else this file could not be loaded.
  koffi: () => yes("it is loaded"),
  kernel,
  net_admin: netAdmin,
  tun,
  veth,
  packet_socket: packetSocket,
  hide: hiding,
  ring,
  jit,
  backlog,
  user_namespaces: userNamespaces,
  ipv6,
};

/** Asks this host everything, by trying; nothing lasts of it. BPF features are asked for once per process. */
export function askHost(): HostAnswers {
  const entries = Object.entries(checks) as [HostCheck, () => Answer][];
  return { checks: new Map(entries.map(([name, run]) => [name, run()])), features: probeFeatures() };
}

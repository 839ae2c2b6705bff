import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { dropProgram } from "#bpf/capture-program.js";
import { errnoName } from "#util/errno.js";
import { attachTcx, attachType, loadProgram, programType } from "./bpf.js";
import { hideLink } from "./hide.js";
import { createNamespace, inNamespace } from "./namespaces.js";
import { LinuxNetHost } from "./net-host.js";
import { ringInputFault } from "./ring-probe.js";
import * as sys from "./syscalls.js";

/** An answer about this host: `undefined` where it cannot be told. `reason` says what was seen. */
interface ProbeResult {
  readonly works: boolean | undefined;
  readonly reason: string;
}

/** One question about this host. Asking changes nothing that lasts. */
export interface Probe {
  /** A word for JSON and scripts. */
  readonly name: string;
  /** What the answer is good for. */
  readonly title: string;
  run(): ProbeResult;
}

const yes = (reason: string): ProbeResult => ({ works: true, reason });
const no = (reason: string): ProbeResult => ({ works: false, reason });
const cannotTell = (reason: string): ProbeResult => ({ works: undefined, reason });

const lacksPrivilege = new Set(["EPERM", "EACCES"]);

/** Runs `attempt`; its text is the reason of a yes, its error that of a no, or of "cannot tell" where only privilege was lacking. */
function attempt(run: () => string): ProbeResult {
  try {
    return yes(run());
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return lacksPrivilege.has(code ?? "") ? cannotTell(message) : no(message);
  }
}

/** Runs `run` with a link of a namespace of its own, which is gone afterwards. */
function withLink<T>(run: (name: string, ifindex: number, net: LinuxNetHost) => T): T {
  const namespace = createNamespace();
  try {
    const net = new LinuxNetHost(namespace);
    try {
      net.createVeth("probe0", "probe1");
      return inNamespace(namespace, () => run("probe0", net.link("probe0")!.ifindex, net));
    } finally {
      net.close();
    }
  } finally {
    namespace.close();
  }
}

/** The bit of CAP_NET_ADMIN in the capability masks of /proc. */
const CAP_NET_ADMIN = 12n;

function netAdmin(): ProbeResult {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  if (mask === undefined) return cannotTell("/proc/self/status tells no capabilities");
  const has = ((BigInt(`0x${mask}`) >> CAP_NET_ADMIN) & 1n) === 1n;
  const who = process.getuid?.() === 0 ? "root" : `user ${process.getuid?.()}`;
  return has ? yes(`${who} with CAP_NET_ADMIN`) : no(`${who} without CAP_NET_ADMIN`);
}

function kernel(): ProbeResult {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  // What the engines rest on came with 4.15 (checksum state of TAP and AF_PACKET) and later; older ones are not tried.
  return major > 4 || (major === 4 && minor >= 15)
    ? yes(`Linux ${release()}`)
    : no(`Linux ${release()} is older than 4.15`);
}

function tun(): ProbeResult {
  if (!existsSync("/dev/net/tun")) return no("/dev/net/tun does not exist");
  return attempt(() =>
    withLink((_name, _ifindex, net) => {
      net.openTap("probe2", { persist: false }).close();
      return "a TAP device with vnet header could be made";
    }),
  );
}

function packetSocket(): ProbeResult {
  return attempt(() =>
    withLink((name, _ifindex, net) => {
      net.capture(name, { input: "socket" }).close();
      return "an AF_PACKET socket with vnet header could be bound";
    }),
  );
}

function bpf(): ProbeResult {
  return attempt(() => {
    sys.close(loadProgram({ type: programType.schedCls, items: dropProgram(), name: "weft_probe" }));
    return "the kernel loads programs";
  });
}

function tcx(): ProbeResult {
  return attempt(() =>
    withLink((_name, ifindex) => {
      const attach = attachType.tcxIngress;
      const program = loadProgram({ type: programType.schedCls, attach, items: dropProgram(), name: "weft_probe" });
      try {
        sys.close(attachTcx(program, ifindex, attach));
      } finally {
        sys.close(program);
      }
      return "programs attach to a link's tcx ingress";
    }),
  );
}

function ring(): ProbeResult {
  return attempt(() => {
    const fault = ringInputFault();
    if (fault) throw fault;
    return "whole frames come through a BPF ring buffer";
  });
}

function hiding(): ProbeResult {
  return attempt(() =>
    withLink((name, ifindex) => {
      const hidden = hideLink(name, ifindex);
      hidden.release();
      if (hidden.hidden.by === "none") throw new Error(hidden.hidden.reason);
      return `a captured link is hidden from the host by ${hidden.hidden.by}`;
    }),
  );
}

/** A small number of a file below /proc/sys, undefined where there is no such file. */
function sysctl(path: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/${path}`, "utf8"));
  } catch {
    return undefined;
  }
}

function userNamespaces(): ProbeResult {
  if (!existsSync("/proc/self/ns/user")) return no("the kernel has no user namespaces");
  if (sysctl("user/max_user_namespaces") === 0) return no("user.max_user_namespaces is 0");
  if (sysctl("kernel/unprivileged_userns_clone") === 0) return no("kernel.unprivileged_userns_clone is 0");
  if (sysctl("kernel/apparmor_restrict_unprivileged_userns") === 1)
    return cannotTell("AppArmor allows them to named programs only");
  return yes("no limit forbids them");
}

function ipv6(): ProbeResult {
  const AF_INET6 = 10;
  const SOCK_DGRAM_CLOEXEC = 0x80002;
  const fd = sys.socket(AF_INET6, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) return no(`no IPv6 sockets (${errnoName(sys.errno())})`);
  sys.close(fd);
  return sysctl("net/ipv6/conf/all/disable_ipv6") === 1 ? no("net.ipv6.conf.all.disable_ipv6 is 1") : yes("IPv6 is on");
}

/** What `weft doctor` asks of this host, in the order of its answers. */
export const probes: readonly Probe[] = [
  { name: "kernel", title: "kernel new enough", run: kernel },
  { name: "net_admin", title: "privilege to change network devices", run: netAdmin },
  { name: "tun", title: "internal and tap ports", run: tun },
  { name: "packet_socket", title: "system ports", run: packetSocket },
  { name: "hide", title: "system ports kept from the host's own stack", run: hiding },
  { name: "bpf", title: "BPF programs", run: bpf },
  { name: "tcx", title: "BPF at a link's ingress without a qdisc", run: tcx },
  { name: "ring", title: "fastest input of the userspace engine", run: ring },
  { name: "user_namespaces", title: "demo without root", run: userNamespaces },
  { name: "ipv6", title: "IPv6", run: ipv6 },
];
